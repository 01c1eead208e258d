"""tabular_pipeline: a pipeline from a table to a classifier."""

# Without deferred annotations: the function says that it lives in `skmlp`, where the
# names in them are not to be found.

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from skmlp._classifier import TwoLayerClassifier
from skmlp.preprocessing.cell_converter import CellConverter
from skmlp.preprocessing.columns import ColumnSelector
from skmlp.preprocessing.piecewise_linear import PiecewiseLinearEncoder
from skmlp.preprocessing.share_encoder import ShareEncoder

# The functions below import sklearn.compose, feature_selection and impute themselves:
# these import linear models, trees and neighbours, a twentieth of what `import skmlp`
# would take.

# More take time, as there is a share for each class, and teach nothing.
_BINS_OF_A_SHARE = 4


def tabular_pipeline(
    classifier: Any = None,
    *,
    n_bins: int | Literal["auto"] | str = "auto",
    keep: Iterable[str | int] = (),
) -> Pipeline:
    """Make a pipeline that fits a classifier to a table with numbers, text and dates.

    When the pipeline is fitted, the cells of a column decide its kind; see
    :class:`skmlp.preprocessing.ColumnSelector`. Numbers are encoded by bins, with a
    column that marks gaps. Each text becomes a column; if a column has more than 32
    texts, each becomes the share of each class, or of each label, among its rows.
    Dates become days, months, weekdays and hours. Columns from which nothing can be
    learnt are dropped with a warning. In prediction, rows may have gaps and texts that
    were not in the data of `fit`.

    Parameters
    ----------
    classifier : classifier, default=None
        Any scikit-learn classifier; None for ``TwoLayerClassifier()``. It is fitted to
        float32.

    n_bins : int or 'auto', default='auto'
        The largest number of bins of a number and of each part of a date: `n_bins` of
        :class:`skmlp.preprocessing.PiecewiseLinearEncoder`. 'auto' grows with the
        number of rows per column.

    keep : iterable of str or int, default=()
        The names (for an array the positions) of useful columns that look like
        identifiers.

    Returns
    -------
    pipeline : Pipeline
        Not fitted. Its steps are 'columns', a ColumnTransformer with 'numbers',
        'dates', 'categories', 'many_levels' and 'dropped', and 'classifier'.

    Raises
    ------
    TypeError
        If `classifier` is not an estimator.

    See Also
    --------
    skmlp.preprocessing.PiecewiseLinearEncoder : How numbers are encoded.

    Examples
    --------
    >>> from skmlp import tabular_pipeline
    >>> table = [[1.5, "red"], [None, "blue"], [0.5, "red"], [2.5, "blue"]] * 10
    >>> pipeline = tabular_pipeline().fit(table, ["no", "yes", "no", "yes"] * 10)
    >>> pipeline.predict([[1.0, "red"], [None, "blue"], [1.0, "green"]])[:2]
    array(['no', 'yes'], dtype='<U3')
    """
    if classifier is None:
        classifier = TwoLayerClassifier()
    if isinstance(classifier, type) or not hasattr(classifier, "fit"):
        raise TypeError(
            f"classifier must be an estimator, as TwoLayerClassifier(); got "
            f"{classifier!r}."
        )
    from sklearn.compose import ColumnTransformer

    keep = tuple(keep)
    steps = {
        "numbers": _of_numbers(n_bins),
        "dates": _of_dates(n_bins),
        "categories": _of_categories(),
        "many_levels": _of_many_levels(),
        "dropped": "drop",
    }
    columns = ColumnTransformer(
        [(kind, step, ColumnSelector(kind, keep=keep)) for kind, step in steps.items()],
        sparse_threshold=0,
    )
    return Pipeline([("columns", columns), ("classifier", classifier)])


def _of_numbers(n_bins: Any) -> Pipeline:
    """Return what makes of numbers with gaps their bins."""
    from sklearn.impute import SimpleImputer

    return Pipeline(
        [
            ("cells", CellConverter("numbers")),
            ("gaps", SimpleImputer(strategy="median", add_indicator=True)),
            ("bins", PiecewiseLinearEncoder(n_bins, dtype="float32")),
        ]
    )


def _of_dates(n_bins: Any) -> Pipeline:
    """Return what makes of dates the bins of those parts that vary."""
    from sklearn.feature_selection import VarianceThreshold
    from sklearn.impute import SimpleImputer

    return Pipeline(
        [
            ("parts", CellConverter("date_parts")),
            ("gaps", SimpleImputer(strategy="median")),
            ("varying", VarianceThreshold()),
            ("bins", PiecewiseLinearEncoder(n_bins, dtype="float32")),
        ]
    )


def _of_categories() -> Pipeline:
    """Return what makes of each text a column."""
    return Pipeline(
        [
            ("cells", CellConverter("text")),
            (
                "one_hot",
                OneHotEncoder(
                    handle_unknown="ignore",
                    sparse_output=False,
                    dtype=np.float32,  # pyright: ignore
                ),
            ),
        ]
    )


def _of_many_levels() -> Pipeline:
    """Return what makes of texts the bins of how often they are of each class."""
    return Pipeline(
        [
            ("cells", CellConverter("text")),
            ("target", ShareEncoder()),
            ("bins", PiecewiseLinearEncoder(_BINS_OF_A_SHARE, dtype="float32")),
        ]
    )


def same_names(transformer: object, input_features: Iterable[str]) -> np.ndarray:
    """Return the names of the columns: what pipelines saved before 0.1 ask for."""
    return np.asarray(list(input_features), dtype=object)
