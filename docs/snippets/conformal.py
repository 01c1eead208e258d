from mapie.classification import SplitConformalClassifier
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier

X, X_test, y, y_test = train_test_split(*load_digits(return_X_y=True), random_state=0)
X, X_held_out, y, y_held_out = train_test_split(X, y, random_state=0)
clf = TwoLayerClassifier(32, random_state=0).fit(X, y)
conformal = SplitConformalClassifier(clf, confidence_level=0.95, prefit=True)
conformal.conformalize(X_held_out, y_held_out)
labels, sets = conformal.predict_set(X_test)
covered = sets[range(len(y_test)), y_test, 0]
print(covered.mean(), sets.sum(axis=1).mean())
