import shap
from sklearn.datasets import load_iris

from skmlp import TwoLayerClassifier

X, y = load_iris(return_X_y=True, as_frame=True)
clf = TwoLayerClassifier(20, random_state=0).fit(X, y)
explainer = shap.Explainer(clf.predict_proba, X.sample(50, random_state=0), seed=0)
explanation = explainer(X[:10])
print(explanation.values.shape)
