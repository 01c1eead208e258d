from sklearn.datasets import load_wine
from sklearn.inspection import permutation_importance
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier

X, y = load_wine(return_X_y=True, as_frame=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)
clf = TwoLayerClassifier(20, random_state=0).fit(X, y)
found = permutation_importance(
    clf, X_test, y_test, scoring="neg_log_loss", n_repeats=10, random_state=0
)
print(X.columns[found.importances_mean.argmax()])
