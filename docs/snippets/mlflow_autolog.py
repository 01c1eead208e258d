import mlflow
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline

from skmlp import TwoLayerClassifier

X, y = load_wine(return_X_y=True)
mlflow.sklearn.autolog(log_models=False)
with mlflow.start_run() as run:
    model = make_pipeline(TwoLayerClassifier(20, random_state=0)).fit(X, y)
logged = mlflow.get_run(run.info.run_id).data
print(logged.params["twolayerclassifier__hidden_layer_size"])
print(logged.metrics["training_accuracy_score"])
