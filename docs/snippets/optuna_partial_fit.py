import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier

X, X_val, y, y_val = train_test_split(*load_digits(return_X_y=True), random_state=0)


def objective(trial):
    rate = trial.suggest_float("learning_rate_init", 1e-5, 1e-1, log=True)
    clf = TwoLayerClassifier(32, learning_rate_init=rate, max_iter=10, random_state=0)
    for epoch in range(10):
        clf.partial_fit(X, y, classes=range(10))
        trial.report(clf.score(X_val, y_val), epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return clf.score(X_val, y_val)


sampler = optuna.samplers.TPESampler(seed=0)
study = optuna.create_study(direction="maximize", sampler=sampler)
study.optimize(objective, n_trials=15)
print(study.best_params, study.best_value)
