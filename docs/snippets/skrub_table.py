import pandas as pd
from skrub import tabular_pipeline

from skmlp import TwoLayerClassifier

table = pd.DataFrame(
    {
        "town": ["Ulm", "York", "Oslo", "York"] * 25,
        "since": pd.date_range("2020-01-01", periods=100, freq="7D"),
        "age": [30.0, None, 41.0, 25.0] * 25,
    }
)
label = table["town"] == "York"
model = tabular_pipeline(TwoLayerClassifier(20, random_state=0)).fit(table, label)
print(model.score(table, label))
