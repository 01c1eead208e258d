"""Train a classifier, export it, and answer requests with what was exported."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import uvicorn
from service import make_app

HERE = Path(__file__).parent


def train(path: Path) -> None:
    """Write a model of scikit-learn's wines to a file."""
    from sklearn.datasets import load_wine
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    from skmlp import TwoLayerClassifier
    from skmlp.onnx import to_onnx

    wines = load_wine(as_frame=True)
    ratio = {"od280/od315_of_diluted_wines": "od280_od315"}
    X, y = wines.data.rename(columns=ratio), wines.target_names[wines.target]
    model = make_pipeline(MinMaxScaler(), TwoLayerClassifier(random_state=0))
    X = X.astype("float32")
    model.fit(X, y)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(to_onnx(model, X).SerializeToString())
    os.replace(unfinished, path)  # a killed process leaves no half of a file


def main() -> None:
    """Serve the model in a file, or one of wines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", type=Path, help="a file; else wine.onnx")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    given = parser.parse_args()
    if given.model is not None and not given.model.is_file():
        parser.error(f"there is no file {given.model}; leave it out to serve wines")
    model = given.model or HERE / "wine.onnx"
    if not model.exists():
        train(model)
    uvicorn.run(make_app(model), host=given.host, port=given.port)


if __name__ == "__main__":
    main()
