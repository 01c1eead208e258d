"""PiecewiseLinearEncoder: numbers as features that are linear within bins."""

# Without deferred annotations: the class says that it lives in `skmlp.preprocessing`,
# where the names in them are not to be found.

from collections.abc import Sequence
from itertools import chain
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from skmlp._checks.features import checked_features, input_feature_names
from skmlp._checks.parameters import COUNT, Constraints, one_of, validate_parameters

# So many rows at a time that what is between X and the result stays in the cache.
_ROWS_AT_ONCE = 256
# Measured: noisy tables of many features and few rows are best with 2 to 4 bins, those
# of few features and many rows with 16 to 32.
_FEWEST_BINS, _MOST_BINS = 2, 32
_FLOATS = (np.float64, np.float32)

_PARAMETER_CONSTRAINTS: Constraints = {
    "n_bins": [one_of(["auto"]), COUNT],
    "dtype": [one_of(["float32", "float64"]), None],
}


class PiecewiseLinearEncoder(TransformerMixin, BaseEstimator):
    """Encode each number by its position in each bin of its feature.

    The output of a network with one hidden layer changes slowly along a feature; trees
    can change abruptly. With this encoding [1]_ the network can, too: every continuous
    function of a feature that is linear between the edges of its bins is a linear
    function of the columns of the encoding.

    The edges :math:`b_0 < ... < b_T` of a feature are quantiles of its values in
    `fit`. A number x becomes T columns. Column t is

    .. math:: e_t = (x - b_{t-1}) / (b_t - b_{t-1}),

    clipped to [0, 1]. The first column of each feature is the number itself, as its
    position between the outer edges. A feature with at most two different numbers has
    only this column.

    Parameters
    ----------
    n_bins : int or 'auto', default='auto'
        The largest number of bins per feature, at least 1; with 1 there is only the
        position. A feature with few different numbers has fewer bins: each number is an
        edge. 'auto' is half the square root of the number of rows per feature that has
        bins, but at least 2 and at most 32.

    dtype : {'float32', 'float64'} or None, default=None
        The dtype of the output. None is float32 for float32 X and float64 for any
        other X.

    Attributes
    ----------
    n_bins_ : int
        The value of `n_bins` in `fit`, with a number instead of 'auto'.

    bin_edges_ : list of ndarrays of float64
        The edges of each feature, ascending; each is a value of the feature in `fit`.

    n_features_in_ : int
        The number of features seen when fitting.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the features, if X had names that are all strings.

    See Also
    --------
    sklearn.preprocessing.SplineTransformer : With ``degree=1``, hats around knots.
    sklearn.preprocessing.KBinsDiscretizer : Which bin a number is in.
    skmlp.tabular_pipeline : A pipeline for tables that uses this encoder.

    Notes
    -----
    For the quantiles, a very frequent number counts at most as often as a bin has rows,
    so that the other bins cover the rarer numbers.

    Beyond the outer edges the columns are constant, as trees are. In equation (1) of
    [1]_ they continue along a straight line.

    References
    ----------
    .. [1] Gorishniy, Rubachev & Babenko (2022), "On embeddings for numerical features
       in tabular deep learning", NeurIPS, section 3.2.

    Examples
    --------
    >>> from skmlp.preprocessing import PiecewiseLinearEncoder
    >>> encoder = PiecewiseLinearEncoder(n_bins=2)
    >>> encoder.fit_transform([[0.0], [1.0], [2.0], [3.0], [6.0]])
    array([[0.        , 0.        , 0.        ],
           [0.16666667, 0.5       , 0.        ],
           [0.33333333, 1.        , 0.        ],
           [0.5       , 1.        , 0.25      ],
           [1.        , 1.        , 1.        ]])
    >>> encoder.get_feature_names_out(["age"])
    array(['age', 'age_from_0', 'age_from_2'], dtype=object)
    """

    n_bins_: int
    bin_edges_: list[np.ndarray]
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
        self,
        n_bins: int | Literal["auto"] | str = "auto",
        *,
        dtype: Literal["float32", "float64"] | str | None = None,
    ) -> None:
        self.n_bins = n_bins
        self.dtype = dtype

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that float32 stays float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:
        """Choose the edges of the bins of each feature.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, finite.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : PiecewiseLinearEncoder
            The fitted encoder.

        Raises
        ------
        ValueError
            If a parameter or X is invalid, or the numbers of a feature are so far apart
            that float64 cannot hold their difference.

        Examples
        --------
        >>> from skmlp.preprocessing import PiecewiseLinearEncoder
        >>> PiecewiseLinearEncoder().fit([[0.0], [0.5], [2.0]]).bin_edges_
        [array([0. , 0.5, 2. ])]
        """
        validate_parameters(self)
        X = checked_features(validate_data, self, X, dtype=_FLOATS)
        n_bins = _auto_n_bins(X) if isinstance(self.n_bins, str) else self.n_bins
        edges = [_bin_edges(column, n_bins) for column in X.T]
        _check_distances(edges, input_feature_names(self))
        self.n_bins_, self.bin_edges_ = n_bins, edges
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Encode numbers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, finite.

        Returns
        -------
        encoded : ndarray of shape (n_samples, n_columns)
            For each feature its position and its bins, in [0, 1].

        Raises
        ------
        ValueError
            If X is invalid or has other features than in `fit`.

        Examples
        --------
        >>> from skmlp.preprocessing import PiecewiseLinearEncoder
        >>> PiecewiseLinearEncoder().fit([[0.0], [0.5], [2.0]]).transform([[1.0]])
        array([[0.5       , 1.        , 0.33333333]])
        """
        check_is_fitted(self)
        X = checked_features(validate_data, self, X, dtype=_FLOATS, reset=False)
        feature, lower, upper = ramps(self.bin_edges_)
        width = upper - lower
        width[width == 0] = 1  # a constant feature stays 0 or, where larger now, is 1
        encoded = np.empty((len(X), len(feature)), self.dtype or X.dtype)
        with np.errstate(over="ignore"):
            for rows in gen_batches(len(X), _ROWS_AT_ONCE):
                passed = X[rows].astype(np.float64)[:, feature]
                passed -= lower
                passed /= width
                np.clip(passed, 0, 1, out=encoded[rows], casting="same_kind")
        return encoded

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            The names of the features; None for those seen in `fit`, or 'x0', 'x1', ...

        Returns
        -------
        names : ndarray of str objects
            For each feature its name, then for each bin the name with the lower edge.

        Raises
        ------
        ValueError
            If `input_features` are not the features of `fit`.

        Examples
        --------
        >>> from skmlp.preprocessing import PiecewiseLinearEncoder
        >>> encoder = PiecewiseLinearEncoder().fit([[0.0], [0.5], [2.0]])
        >>> encoder.get_feature_names_out()
        array(['x0', 'x0_from_0', 'x0_from_0.5'], dtype=object)
        """
        check_is_fitted(self)
        inputs = input_feature_names(self, input_features)
        names = map(_column_names, inputs, self.bin_edges_)
        return np.asarray([*chain.from_iterable(names)], dtype=object)


def _auto_n_bins(X: np.ndarray) -> int:
    """Return a number of bins that as many rows can tell apart.

    Features share the rows, so that what counts is how many there are for each.
    """
    n_features = sum(_has_bins(column) for column in X.T)
    n_bins = round(np.sqrt(len(X) / max(n_features, 1)) / 2)
    return int(np.clip(n_bins, _FEWEST_BINS, _MOST_BINS))


def _has_bins(numbers: np.ndarray) -> bool:
    """Return whether more than two of some numbers are different."""
    return bool(((numbers != numbers.min()) & (numbers != numbers.max())).any())


def _bin_edges(numbers: np.ndarray, n_bins: int) -> np.ndarray:
    """Return quantiles of some numbers, all of them where these are few."""
    distinct, counts = np.unique(numbers.astype(np.float64), return_counts=True)
    if len(distinct) <= n_bins + 1:
        return distinct
    up_to = np.cumsum(_limited(counts, n_bins))
    inner = np.searchsorted(up_to, np.arange(1, n_bins) / n_bins * up_to[-1])
    return distinct[np.unique([0, *inner, len(distinct) - 1])]


def _limited(counts: np.ndarray, n_bins: int) -> np.ndarray:
    """Return counts of which none is larger than a bin's share of them."""
    limit, n_larger = counts.sum() / n_bins, 0
    while (counts > limit).sum() > n_larger:
        is_larger = counts > limit
        n_larger = int(is_larger.sum())
        limit = counts[~is_larger].sum() / (n_bins - n_larger)
    return np.minimum(counts, limit)


def _check_distances(bin_edges: Sequence[np.ndarray], names: np.ndarray) -> None:
    """Raise where no bin can be as wide as the numbers of a feature lie apart."""
    with np.errstate(over="ignore"):
        for edges, name in zip(bin_edges, names, strict=True):
            if np.isinf(edges[-1] - edges[0]):
                raise ValueError(
                    f"Column {name!r} of X lies between {edges[0]:.3g} and "
                    f"{edges[-1]:.3g}: float64 does not hold the difference. Scale it."
                )


def _bins(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lower and upper ends: of the whole, then of each of several bins."""
    if len(edges) <= 2:
        return edges[:1], edges[-1:]
    lower = np.concatenate([edges[:1], edges[:-1]])
    return lower, np.concatenate([edges[-1:], edges[1:]])


def ramps(
    bin_edges: Sequence[np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, for each column put out, its feature and between what it rises."""
    lower, upper = zip(*map(_bins, bin_edges), strict=True)
    feature = np.repeat(np.arange(len(bin_edges)), [len(ends) for ends in lower])
    return feature, np.concatenate(lower), np.concatenate(upper)


def _column_names(name: str, edges: np.ndarray) -> list[str]:
    """Return the name of a feature, and that of each bin by its lower edge."""
    if len(edges) <= 2:
        return [name]
    starts = [f"{edge:.6g}" for edge in edges[:-1]]
    if len(set(starts)) < len(starts):
        starts = [repr(float(edge)) for edge in edges[:-1]]
    return [name, *(f"{name}_from_{start}" for start in starts)]
