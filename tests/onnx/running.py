"""What runs an exported model, for the tests beside it."""

import numpy as np
import onnx
import onnxruntime
from onnx.helper import tensor_dtype_to_np_dtype


def run(exported, inputs):
    """Return what onnxruntime computes of an array, or of inputs by name."""
    onnx.checker.check_model(exported, full_check=True)
    inputs = inputs if isinstance(inputs, dict) else {"X": inputs}
    session = onnxruntime.InferenceSession(
        exported.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)


def columns_of(exported, frame):
    """Return the columns of a frame as the inputs of an exported model."""
    return {
        declared.name: _column(frame[declared.name], declared)
        for declared in exported.graph.input
    }


def _column(column, declared):
    dtype = tensor_dtype_to_np_dtype(declared.type.tensor_type.elem_type)
    if dtype.kind == "O":
        texts = [x if isinstance(x, str) else "" for x in column]
        return np.array(texts, object).reshape(-1, 1)
    return column.to_numpy(dtype).reshape(-1, 1)


def assert_same_predictions(exported, model, X, inputs=None, *, atol=9e-7):
    """Compare labels and probabilities."""
    label, probabilities = run(exported, X if inputs is None else inputs)
    np.testing.assert_array_equal(label, model.predict(X))
    expected = model.predict_proba(X)
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=atol)
