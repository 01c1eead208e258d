"""ShareEncoder: texts by the share of each class, or each label, among their rows."""

# Without deferred annotations: the class says that it lives in `skmlp.preprocessing`,
# where the names in them are not to be found.

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from skmlp._checks.features import input_feature_names
from skmlp._checks.labels import refuse_no_labels

_N_FOLDS = 5


class ShareEncoder(TransformerMixin, BaseEstimator):
    """Encode each text by the share of each class among the rows with this text.

    This is :class:`sklearn.preprocessing.TargetEncoder`, with folds that are the same
    in every fit. It also takes several labels per row: each label is then one target,
    and a text becomes the share of the rows with that label.

    Parameters
    ----------
    smooth : 'auto' or float, default='auto'
        The weight of the mean over all rows, as a number of rows, so that the share
        for a rare text is close to that mean; 'auto' is an empirical Bayes estimate.

    Attributes
    ----------
    encoders_ : list of TargetEncoder
        For one label per row a single encoder, else one for each label.

    n_features_in_ : int
        The number of features seen when fitting.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the features, if X had names that are all strings.

    See Also
    --------
    sklearn.preprocessing.TargetEncoder : For one label per row, with more options.
    sklearn.preprocessing.OneHotEncoder : A column for each text.

    Notes
    -----
    `fit_transform` does not encode a row by its own label: it uses the shares of the
    other four of five folds. `transform` uses the shares of all rows.

    References
    ----------
    .. [1] Micci-Barreca (2001), "A preprocessing scheme for high-cardinality
       categorical attributes in classification and prediction problems", SIGKDD
       Explorations 3 (1), 27-32.

    Examples
    --------
    >>> from skmlp.preprocessing import ShareEncoder
    >>> encoder = ShareEncoder(smooth=0.0)
    >>> towns = [["Ulm"], ["Ulm"], ["York"], ["York"]] * 5
    >>> encoder.fit(towns, [[1, 0], [0, 0], [1, 1], [1, 0]] * 5).transform(towns[1:3])
    array([[0.5, 0. ],
           [1. , 0.5]])
    """

    encoders_: list[Any]

    # Where scikit-learn's HTML representation links to.
    _doc_link_module = "skmlp"
    _doc_link_template = (  # pyright: ignore
        "https://skmlp.readthedocs.io/en/stable/api/"
        "{estimator_module}.{estimator_name}.html"
    )

    def __init__(self, *, smooth: float | Literal["auto"] = "auto") -> None:
        self.smooth = smooth

    @property
    def n_features_in_(self) -> int:
        """The number of features seen when fitting."""
        return self.encoders_[0].n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """The names of the features, if X had names that are all strings."""
        return self.encoders_[0].feature_names_in_

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that there have to be labels, and that gaps are a text."""
        tags = super().__sklearn_tags__()
        inner = TargetEncoder().__sklearn_tags__()
        tags.input_tags, tags.target_tags = inner.input_tags, inner.target_tags
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Learn the shares of all rows.

        Parameters
        ----------
        X : {frame, array-like} of shape (n_samples, n_features)
            Texts, None for gaps, which count as a text.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            A label per row, or 0 and 1 in a column for each of several labels.

        Returns
        -------
        self : ShareEncoder
            The fitted encoder.

        Raises
        ------
        ValueError
            If `smooth` or y is nothing that TargetEncoder takes.

        Examples
        --------
        >>> from skmlp.preprocessing import ShareEncoder
        >>> encoder = ShareEncoder(smooth=0).fit([["a"], ["a"], ["b"]], [0, 1, 1])
        >>> encoder.transform([["a"], ["b"]])
        array([[0.5],
               [1. ]])
        """
        targets, encoders = self._begin(y)
        for target, encoder in zip(targets, encoders, strict=True):
            encoder.fit(X, target)
        self._keep(encoders)
        return self

    def fit_transform(self, X: Any, y: Any) -> np.ndarray:  # pyright: ignore
        """Learn the shares of all rows; encode each row by those of other rows.

        Parameters
        ----------
        X : {frame, array-like} of shape (n_samples, n_features)
            Texts, None for gaps, which count as a text.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            A label per row, or 0 and 1 in a column for each of several labels.

        Returns
        -------
        shares : ndarray of shape (n_samples, n_columns)
            As `transform` returns them, but without the label of the row itself.

        Raises
        ------
        ValueError
            If `smooth` or y is nothing that TargetEncoder takes.

        Examples
        --------
        >>> from skmlp.preprocessing import ShareEncoder
        >>> towns = [["Ulm"], ["Ulm"], ["York"], ["York"]] * 5
        >>> ShareEncoder().fit_transform(towns, ["yes", "yes", "no", "no"] * 5).shape
        (20, 1)
        """
        targets, encoders = self._begin(y)
        pairs = zip(targets, encoders, strict=True)
        shares = [encoder.fit_transform(X, target) for target, encoder in pairs]
        self._keep(encoders)
        return _by_feature(shares)

    def transform(self, X: Any) -> np.ndarray:
        """Encode texts by the shares among the rows of `fit`.

        Parameters
        ----------
        X : {frame, array-like} of shape (n_samples, n_features)
            Texts; for those that `fit` has not seen, the shares among all rows.

        Returns
        -------
        shares : ndarray of shape (n_samples, n_columns)
            For each feature one column per class, for two classes one column; or one
            column per label.

        Raises
        ------
        ValueError
            If X has other features than in `fit`.

        Examples
        --------
        >>> from skmlp.preprocessing import ShareEncoder
        >>> encoder = ShareEncoder(smooth=0).fit([["a"], ["a"], ["b"]], [0, 1, 1])
        >>> encoder.transform([["c"]]).round(3)
        array([[0.667]])
        """
        check_is_fitted(self)
        return _by_feature([encoder.transform(X) for encoder in self.encoders_])

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
            The names of the features, followed by the class, if there are more than
            two, or by the number of the label.

        Raises
        ------
        ValueError
            If `input_features` are not the features of `fit`.

        Examples
        --------
        >>> from skmlp.preprocessing import ShareEncoder
        >>> encoder = ShareEncoder().fit([["a"], ["b"]] * 5, [[1, 0], [1, 1]] * 5)
        >>> encoder.get_feature_names_out(["town"])
        array(['town_0', 'town_1'], dtype=object)
        """
        check_is_fitted(self)
        if len(self.encoders_) == 1:
            return self.encoders_[0].get_feature_names_out(input_features)
        names = input_feature_names(self, input_features)
        labels = range(len(self.encoders_))
        named = [f"{name}_{label}" for name in names for label in labels]
        return np.asarray(named, dtype=object)

    def _begin(self, y: Any) -> tuple[list[Any], list[TargetEncoder]]:
        """Return what is to be encoded by, each with an encoder that is not fitted."""
        _check_labels(y)
        if type_of_target(y, input_name="y") != "multilabel-indicator":
            return [y], [_encoder(self.smooth, "auto")]
        labels = np.asarray(y.toarray() if issparse(y) else y, dtype=np.float64)
        encoders = [_encoder(self.smooth, "continuous") for _ in labels.T]
        return [*labels.T], encoders

    def _keep(self, encoders: list[TargetEncoder]) -> None:
        """Set the fitted attributes, without folds, which skops would ask about."""
        self.encoders_ = [encoder.set_params(cv=_N_FOLDS) for encoder in encoders]


def _encoder(smooth: Any, target_type: str) -> TargetEncoder:
    """Return an encoder of one target, which draws the same folds in every fit."""
    encoder = TargetEncoder(target_type=target_type, smooth=smooth)
    encoder.set_output(transform="default")
    if encoder.random_state is None:  # before scikit-learn 1.9
        return encoder.set_params(random_state=0)
    folds = KFold(_N_FOLDS, shuffle=True, random_state=0)
    return encoder.set_params(cv=folds)


def _by_feature(shares: list[np.ndarray]) -> np.ndarray:
    """Return the columns of several encoders, those of one feature side by side."""
    return np.dstack(shares).reshape(len(shares[0]), -1) if shares[1:] else shares[0]


def _check_labels(y: Any) -> None:
    """Raise where labels are missing; scikit-learn tells of None itself."""
    if y is not None and not issparse(y):
        refuse_no_labels("y", y)
