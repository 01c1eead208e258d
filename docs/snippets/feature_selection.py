from functools import partial

from sklearn.datasets import load_breast_cancer
from sklearn.feature_selection import RFECV, SelectFromModel
from sklearn.pipeline import make_pipeline

from skmlp import TwoLayerClassifier
from skmlp.inspection import feature_importances

X, y = load_breast_cancer(return_X_y=True)
clf = TwoLayerClassifier(32, max_iter=20, random_state=0)

rfe = RFECV(clf, step=5, cv=3, importance_getter=feature_importances).fit(X, y)
print(rfe.n_features_, "of", X.shape[1], "features are left")

on_these_rows = partial(feature_importances, X=X)
half = SelectFromModel(clf, importance_getter=on_these_rows, threshold="median")
model = make_pipeline(half, clf).fit(X, y)
print(model.score(X, y))
