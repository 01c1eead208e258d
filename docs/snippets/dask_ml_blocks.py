import dask.array as da
from dask_ml.wrappers import Incremental, ParallelPostFit
from sklearn.datasets import load_digits

from skmlp import TwoLayerClassifier

X, y = load_digits(return_X_y=True)
blocks, labels = da.from_array(X, chunks=(300, 64)), da.from_array(y, chunks=300)
model = Incremental(TwoLayerClassifier(64, random_state=0), random_state=0)
for _ in range(10):
    model.partial_fit(blocks, labels, classes=range(10))
predicted = ParallelPostFit(model.estimator_).predict(blocks)
print((predicted == labels).mean().compute())
