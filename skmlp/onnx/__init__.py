"""Export a fitted model to ONNX, for other programs and languages.

This needs skl2onnx and onnxruntime: ``pip install "skmlp[onnx]"``. They are imported
when a model is exported.
"""

from skmlp.onnx.export import register, to_onnx
from skmlp.onnx.operators import ACTIVATION_OPERATORS, LINK_OPERATORS

__all__ = ["ACTIVATION_OPERATORS", "LINK_OPERATORS", "register", "to_onnx"]

# As for the other public names.
register.__module__ = to_onnx.__module__ = __name__
