from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score

from skmlp import TwoLayerClassifier

X, y = make_classification(1000, weights=[0.95], random_state=0)
params = {"alpha": 0.7, "max_iter": 20, "random_state": 0}
oversampled = make_pipeline(SMOTE(random_state=0), TwoLayerClassifier(32, **params))
weighted = TwoLayerClassifier(32, class_weight="balanced", **params)
for model in (oversampled, weighted):
    print(cross_val_score(model, X, y, scoring="balanced_accuracy").mean())
