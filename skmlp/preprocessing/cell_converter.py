"""CellConverter: a step of a pipeline that makes numbers, text or parts of dates."""

# Without deferred annotations: the class says that it lives in `skmlp.preprocessing`,
# where the names in them are not to be found.

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skmlp._checks.features import input_feature_names
from skmlp._checks.parameters import Constraints, one_of, validate_parameters
from skmlp.preprocessing.cells import (
    as_numbers,
    as_table,
    as_text,
    checked_table,
    date_part_names,
    date_parts,
)

_CONVERSIONS = {"numbers": as_numbers, "text": as_text, "date_parts": date_parts}
_PARAMETER_CONSTRAINTS: Constraints = {"to": [one_of(_CONVERSIONS)]}


class CellConverter(TransformerMixin, BaseEstimator):
    """Convert the cells of a table to numbers, to text or to parts of dates.

    It is :func:`as_numbers`, :func:`as_text` or :func:`date_parts` as a step of a
    pipeline; `fit` learns nothing. A saved pipeline then names only this class, while
    FunctionTransformer would name each function.

    Parameters
    ----------
    to : {'numbers', 'text', 'date_parts'}, default='numbers'
        What cells are converted to.

        - 'numbers': numbers in float64, NaN for a gap; see :func:`as_numbers`.
        - 'text': strings, None for a gap; see :func:`as_text`.
        - 'date_parts': six numbers for each date; see :func:`date_parts`.

    Attributes
    ----------
    n_features_in_ : int
        The number of columns seen when fitting.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the columns, if X had names that are all strings.

    See Also
    --------
    ColumnSelector : Selects columns of numbers, dates or text.
    skmlp.tabular_pipeline : The pipeline that uses these converters.

    Examples
    --------
    >>> from skmlp.preprocessing import CellConverter
    >>> CellConverter("numbers").fit_transform([[1, None], [2.5, True]])
    array([[1. , nan],
           [2.5, 1. ]])
    """

    n_features_in_: int
    feature_names_in_: np.ndarray

    # The values that each parameter may take, checked when fitting.
    _parameter_constraints = _PARAMETER_CONSTRAINTS

    # Where scikit-learn's HTML representation links to.
    _doc_link_module = "skmlp"
    _doc_link_template = (  # pyright: ignore
        "https://skmlp.readthedocs.io/en/stable/api/"
        "{estimator_module}.{estimator_name}.html"
    )

    def __init__(
        self, to: Literal["numbers", "text", "date_parts"] | str = "numbers"
    ) -> None:
        self.to = to

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that cells may hold text, and nothing at all."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:
        """Record the number and the names of the columns.

        Parameters
        ----------
        X : {frame, array-like} of shape (n_samples, n_columns)
            Cells of any type.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : CellConverter
            The fitted converter.

        Raises
        ------
        ValueError
            If `to` is not one of its values, or X is not a table.

        Examples
        --------
        >>> from skmlp.preprocessing import CellConverter
        >>> CellConverter("text").fit([["red", 3.0]]).n_features_in_
        2
        """
        validate_parameters(self)
        validate_data(self, checked_table(X), skip_check_array=True)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Convert cells.

        Parameters
        ----------
        X : {frame, array-like} of shape (n_samples, n_columns)
            Cells of any type.

        Returns
        -------
        cells : ndarray of shape (n_samples, n_columns) or (n_samples, 6 * n_columns)
            For parts of dates six numbers for each column.

        Raises
        ------
        ValueError
            If X is not a table, has other columns than in `fit`, or a cell is not a
            number although `to` is 'numbers'.

        Examples
        --------
        >>> from skmlp.preprocessing import CellConverter
        >>> CellConverter("text").fit([["red", 3.0]]).transform([[None, 4]])
        array([[None, '4']], dtype=object)
        """
        check_is_fitted(self)
        table = as_table(X)
        validate_data(self, table, reset=False, skip_check_array=True)
        return _CONVERSIONS[self.to](table)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            The names of the columns; None for those seen in `fit`, or 'x0', 'x1', ...

        Returns
        -------
        names : ndarray of str objects
            The names of the columns; for parts of dates six for each column.

        Raises
        ------
        ValueError
            If `input_features` are not the columns of `fit`.

        Examples
        --------
        >>> from skmlp.preprocessing import CellConverter
        >>> dates = CellConverter("date_parts").fit([["2026-11-28"]])
        >>> dates.get_feature_names_out(["sold"])[:3]
        array(['sold_days', 'sold_month', 'sold_day'], dtype=object)
        """
        check_is_fitted(self)
        names = input_feature_names(self, input_features)
        return date_part_names(self, names) if self.to == "date_parts" else names
