import mlflow
from each_epoch import EachEpoch
from sklearn.datasets import load_wine

from skmlp import TwoLayerClassifier


def log_epoch(clf):
    now = {name: column[-1] for name, column in clf.history_.items()}
    mlflow.log_metrics(now, step=clf.n_iter_)


X, y = load_wine(return_X_y=True)
with mlflow.start_run() as run:
    clf = TwoLayerClassifier(20, max_iter=10, early_stopping=True)
    clf.set_callbacks(EachEpoch(log_epoch)).fit(X, y)
curve = mlflow.MlflowClient().get_metric_history(run.info.run_id, "val_accuracy")
print([round(point.value, 2) for point in curve])
