import optuna
from each_epoch import EachEpoch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier

X, X_val, y, y_val = train_test_split(*load_digits(return_X_y=True), random_state=0)


def objective(trial):
    def report(clf):
        trial.report(clf.history_["val_accuracy"][-1], clf.n_iter_)
        if trial.should_prune():
            raise optuna.TrialPruned

    rate = trial.suggest_float("learning_rate_init", 1e-5, 1e-1, log=True)
    clf = TwoLayerClassifier(32, learning_rate_init=rate, max_iter=10, random_state=0)
    clf.set_callbacks(EachEpoch(report)).fit(X, y, X_val=X_val, y_val=y_val)
    return clf.score(X_val, y_val)


sampler = optuna.samplers.TPESampler(seed=0)
study = optuna.create_study(direction="maximize", sampler=sampler)
study.optimize(objective, n_trials=15)
print(study.best_params, study.best_value)
