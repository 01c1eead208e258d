"""Turn a table with numbers, text and dates into features for a network."""

from skmlp.preprocessing.cell_converter import CellConverter
from skmlp.preprocessing.cells import as_numbers, as_text, date_part_names, date_parts
from skmlp.preprocessing.columns import ColumnSelector, DroppedColumnsWarning
from skmlp.preprocessing.piecewise_linear import PiecewiseLinearEncoder
from skmlp.preprocessing.share_encoder import ShareEncoder

__all__ = [
    "CellConverter",
    "ColumnSelector",
    "DroppedColumnsWarning",
    "PiecewiseLinearEncoder",
    "ShareEncoder",
    "as_numbers",
    "as_text",
    "date_part_names",
    "date_parts",
]

# Pickles and lists of trusted types name the public path, which stays.
for _public in (
    *(CellConverter, ColumnSelector, DroppedColumnsWarning),
    *(PiecewiseLinearEncoder, ShareEncoder),
    *(as_numbers, as_text, date_part_names, date_parts),
):
    _public.__module__ = __name__
