import mlflow
from sklearn.datasets import load_wine

from skmlp import TwoLayerClassifier

X, y = load_wine(return_X_y=True)
model = TwoLayerClassifier(20, random_state=0).fit(X, y)
trusted = ["skmlp.TwoLayerClassifier"]
with mlflow.start_run():
    logged = mlflow.sklearn.log_model(model, name="net", skops_trusted_types=trusted)
loaded = mlflow.sklearn.load_model(logged.model_uri)
print((loaded.predict_proba(X) == model.predict_proba(X)).all())
