"""TwoLayerClassifierCV: the classifier that chooses its alpha by held-out rows."""

# Without deferred annotations, as in `skmlp._classifier`.

import copy
import math
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from skmlp._candidates.training import score_candidates, train_candidates
from skmlp._checks.data import (
    Table,
    TrainingData,
    check_training_data,
    fits_in,
    warn_of_doubts,
)
from skmlp._checks.parameters import COUNT, Constraints, one_of
from skmlp._checks.warning import warn
from skmlp._classifier import Chosen, LabelsLike, MatrixLike, TwoLayerClassifier
from skmlp._selection.folds import Fold, automatic_folds, folds_of
from skmlp._settings import PARAMETER_CONSTRAINTS, Settings
from skmlp._training.callbacks import with_callbacks
from skmlp._training.state import Trained
from skmlp.activations import Activation, ActivationName
from skmlp.initializers import InitializerName
from skmlp.losses import Loss, LossName
from skmlp.schedules import Schedule, ScheduleName
from skmlp.solvers import FullBatchSolver, Solver, SolverName

# How many alphas 'auto' stands for, and how far from the automatic one they go.
_N_ALPHAS, _FARTHEST = 5, 10.0
# What TwoLayerClassifier has and this one chooses by itself, or cannot do.
_NOT_HERE = ("alpha", "warm_start")
# The values of each parameter.
CONSTRAINTS: Constraints = {
    **{k: v for k, v in PARAMETER_CONSTRAINTS.items() if k not in _NOT_HERE},
    "alphas": [one_of(["auto"]), COUNT, "array-like"],
    "cv": ["cv_object"],
    "refit": ["boolean"],
}


class Split(NamedTuple):
    """What candidates are trained on, by which settings, and scored on.

    And what early stopping watches: `X_val`, where `fit` is given it.
    """

    settings: Settings
    train: TrainingData
    held_out: TrainingData
    watched: TrainingData | None = None


class TwoLayerClassifierCV(TwoLayerClassifier):
    r"""TwoLayerClassifier that chooses `alpha` by the score on held-out rows.

    `fit` trains one network per candidate on some of the rows, scores each on the
    rest, and then trains with the best `alpha` on all rows. The candidates start from
    the same weights and see the same batches, side by side in one pass. This takes
    about half of the time of one fit per candidate. After `fit` the estimator is a
    :class:`TwoLayerClassifier` with that `alpha`, as
    `sklearn.linear_model.LogisticRegressionCV` is a logistic regression with its `C`.

    Parameters
    ----------
    alphas : int, array-like or 'auto', default='auto'
        The candidates: numbers, each at least 0. Or how many candidates, evenly spaced
        on a logarithmic scale around an automatic `alpha`, from a tenth to ten times
        of it; that depends on the number of rows and the solver. 1 is only the
        automatic `alpha`; 'auto' is 5.

    cv : int, splitter, iterable or None, default=None
        Which rows are held out.

        - None: `X_val` if `fit` gets it, else `validation_fraction` of the rows
          once, stratified by class. If that is fewer than two rows per class, the rows
          are split into five parts, or as many as the smallest class has rows, and each
          is held out once. If a class has a single row, `fit` warns and chooses the
          candidate nearest to the automatic `alpha`. For several labels per row, the
          strata of `early_stopping` of :class:`TwoLayerClassifier` are used instead of
          classes.
        - int: the number of stratified parts, each held out once; for several labels
          per row parts in the order of X, by :class:`~sklearn.model_selection.KFold`.
        - a splitter of :mod:`sklearn.model_selection`, or an iterable of pairs of
          arrays, the rows to train on and the held-out rows. For groups pass
          ``list(splitter.split(X, y, groups))``.

    validation_fraction : float, default=0.2
        The share of rows that are held out if `cv` is None; and the share of the
        training rows that `early_stopping` holds out. In (0, 1).

    refit : bool, default=True
        Whether to train with the best `alpha` on all rows. If False, the network is the
        best candidate of the comparison, which may then have only one fold. If
        candidates were trained side by side, its `history_` is empty, with
        `early_stopping` without a 'loss'.

    hidden_layer_size : int, default=256
        This and all that follow are those of :class:`TwoLayerClassifier`.

    activation, loss, solver : str, instance or class
        The network and its training, 'relu', 'log_loss' and 'adamw' by default.

    dropout, input_dropout, label_smoothing : float, default=0.0
        Other kinds of regularization.

    standardize : bool, default=True
        Whether to train as if every feature had mean 0 and a scale near 1.

    batch_size : int, 'auto' or None, default='auto'
        Rows per step; 'auto' depends on the number of training rows of each fold.

    sampling : {'shuffle', 'sequential', 'replacement'}, default='shuffle'
        How batches are drawn.

    learning_rate : str, Schedule, class or callable, default='one_cycle'
        The schedule.

    learning_rate_init : float or 'auto', default='auto'
        The learning rate before the schedule.

    learning_rate_decay, power_t : float, default=0.95, 0.5
        Of the schedules 'exponential' and 'invscaling'.

    momentum : float, default=0.9
        Of the solver 'sgd'.

    nesterovs_momentum : bool, default=True
        Of the solver 'sgd'.

    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        Of the solvers 'adam' and 'adamw'.

    max_grad_norm : float or None, default=None
        The largest norm of the gradient.

    weight_init : str, callable, class or pair of arrays, default='auto'
        The initial weights of both layers.

    init_scale : float or pair of floats, default=0.05
        Their scale for 'normal' and 'uniform'.

    fit_intercept : bool, default=True
        Whether the layers have biases.

    class_weight : dict, list of dicts, 'balanced' or None, default=None
        The weight of each class; for several labels per row the weights of the absence
        and the presence of each label. 'balanced' depends on the training rows.

    max_iter : int or 'auto', default='auto'
        The number of epochs; 'auto' depends on the number of training rows.

    early_stopping : bool, default=False
        Whether to stop each candidate when its score no longer improves, on `X_val` or
        else on held-out training rows.

    n_iter_no_change : int, default=10
        The number of epochs without improvement before training ends.

    tol : float, default=1e-4
        An increase of the score by more than `tol` is an improvement.

    scoring : str or callable, default='loss'
        The score by which candidates are compared, and the score for `early_stopping`:
        'loss' (the negative loss, without the penalty), the name of a scikit-learn
        scorer, or a callable. Greater is better; NaN is minus infinity. If samples or
        classes are weighted, a scorer that has a parameter ``sample_weight`` gets the
        product of both weights; for several labels per row class weights count only in
        'loss'.

    monitor_train : bool, default=False
        Whether to score the training data after each epoch.

    n_jobs : int or None, default=None
        The largest number of threads that train and predict; see
        :class:`~skmlp.TwoLayerClassifier`.

    random_state : int, RandomState instance or None, default=None
        Seed of the held-out rows, the initial weights, the batches and dropout.

    verbose : bool or int, default=False
        Whether to print one line per epoch of the last training.

    dtype : {'auto', 'float32', 'float64'}, default='auto'
        The precision in which networks compute. With 'auto' candidates compute in
        float32, which is enough for a comparison and takes half the time. If float32
        cannot hold the numbers of X, they compute in float64.

    Attributes
    ----------
    alpha_ : float
        The best candidate; if several are equally good, the first.

    alphas_ : ndarray of shape (n_candidates,)
        The candidates.

    scores_ : ndarray of shape (n_folds, n_candidates)
        Their scores on the held-out rows; greater is better. Minus infinity for a
        candidate that diverged.

    best_score_ : float
        The mean score of the best candidate over the folds; NaN if there is none.

    classes_, coefs_, intercepts_, n_features_in_, feature_names_in_ : various
        These and all others are those of :class:`TwoLayerClassifier` after the training
        on all rows.

    See Also
    --------
    TwoLayerClassifier : The classifier with a given `alpha`.
    sklearn.model_selection.GridSearchCV : Searches any parameter, a fit for each value.

    Notes
    -----
    Candidates are trained side by side with 'adam', 'adamw' and 'sgd'. They are trained
    one after the other, with the same result, with 'lbfgs' or your own solver or
    schedule, on wide sparse X, with 'adaptive' or `max_grad_norm`, and if the
    networks are so large that training them side by side is not faster.

    Each candidate is the network that `TwoLayerClassifier` trains on the same rows with
    that `alpha`, the same int as `random_state` and the same `dtype`, up to rounding.

    There is no `partial_fit` and no `warm_start`, because the choice needs all rows.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmlp import TwoLayerClassifierCV
    >>> X, y = make_classification(300, flip_y=0.2, random_state=0)
    >>> clf = TwoLayerClassifierCV([0.1, 1.0, 3.0], random_state=0).fit(X, y)
    >>> clf.alpha_, clf.scores_.shape
    (3.0, (1, 3))
    """

    alphas_: np.ndarray
    scores_: np.ndarray
    best_score_: float

    _parameter_constraints = CONSTRAINTS
    _compares_by_scoring = True
    _no_partial_fit = (
        "TwoLayerClassifierCV has no partial_fit: the choice of alpha needs all rows "
        "at once. Call fit, then use TwoLayerClassifier(alpha=clf.alpha_)."
    )

    def __init__(
        self,
        alphas: int | Literal["auto"] | str | ArrayLike = "auto",
        *,
        cv: Any = None,
        validation_fraction: float = 0.2,
        refit: bool = True,
        hidden_layer_size: int = 256,
        activation: ActivationName | str | Activation | type = "relu",
        loss: LossName | str | Loss | type[Loss] = "log_loss",
        solver: (
            SolverName
            | str
            | Solver
            | FullBatchSolver
            | type[Solver]
            | type[FullBatchSolver]
        ) = "adamw",
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        label_smoothing: float = 0.0,
        standardize: bool = True,
        batch_size: int | Literal["auto"] | str | None = "auto",
        sampling: Literal["shuffle", "sequential", "replacement"] | str = "shuffle",
        learning_rate: (
            ScheduleName | str | Schedule | type[Schedule] | Callable[[float], float]
        ) = "one_cycle",
        learning_rate_init: float | Literal["auto"] | str = "auto",
        learning_rate_decay: float = 0.95,
        power_t: float = 0.5,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        max_grad_norm: float | None = None,
        weight_init: (
            InitializerName
            | str
            | Callable[[np.ndarray, np.random.Generator], object]
            | type
            | Sequence[ArrayLike]
        ) = "auto",
        init_scale: float | Sequence[float] = 0.05,
        fit_intercept: bool = True,
        class_weight: (
            Literal["balanced"] | str | dict[Any, float] | list[Any] | None
        ) = None,
        max_iter: int | Literal["auto"] | str = "auto",
        early_stopping: bool = False,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        scoring: str | Callable[..., float] = "loss",
        monitor_train: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | int = False,
        dtype: Literal["auto", "float32", "float64"] | str = "auto",
    ) -> None:
        super().__init__(
            hidden_layer_size=hidden_layer_size,
            activation=activation,
            loss=loss,
            solver=solver,
            dropout=dropout,
            input_dropout=input_dropout,
            label_smoothing=label_smoothing,
            standardize=standardize,
            batch_size=batch_size,
            sampling=sampling,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            learning_rate_decay=learning_rate_decay,
            power_t=power_t,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            max_grad_norm=max_grad_norm,
            weight_init=weight_init,
            init_scale=init_scale,
            fit_intercept=fit_intercept,
            class_weight=class_weight,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            scoring=scoring,
            monitor_train=monitor_train,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
            dtype=dtype,
        )
        self.alphas = alphas
        self.cv = cv
        self.refit = refit

    @with_callbacks
    def fit(
        self,
        X: MatrixLike,
        y: LabelsLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: LabelsLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Compare the candidates, then train with the best on X and y.

        Callbacks, `verbose` and `history_` are for the last training. Ctrl-C during the
        comparison raises KeyboardInterrupt and changes nothing; later it ends training
        as it does in :meth:`TwoLayerClassifier.fit`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite. The rows that candidates are trained
            on are copied.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Labels: integers, strings or booleans. For several labels per row an
            indicator matrix with at least two columns: 0 and 1, numbers or booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts, in training and in scores: at least 0, not all
            0. None for all the same.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Candidates are scored on it, and trained on all rows of X. Not together
            with `cv`.
        y_val : array-like, default=None
            Labels of `X_val`, in the form of y; all of them must be in y.
        sample_weight_val : array-like of shape (n_val,), default=None
            How much each sample of `X_val` counts.

        Returns
        -------
        self : TwoLayerClassifierCV
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid, every candidate diverges, or the
            last training does. The estimator is then not changed.
        TypeError
            If a value of X is an object that is neither a number nor text.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            As in :meth:`TwoLayerClassifier.fit`.
        UserWarning
            If there are too few rows to hold any out. If y, or y of a fold, is probably
            not what was meant, once.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skmlp import TwoLayerClassifierCV
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = TwoLayerClassifierCV(alphas=3, cv=5, random_state=0).fit(X, y)
        >>> clf.scores_.shape
        (5, 3)
        """
        self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        return self

    def _choose(
        self,
        settings: Settings,
        table: Table,
        data: TrainingData,
        validation: TrainingData | None,
        sample_weight: Any,
    ) -> Chosen:
        """Return the settings with the best candidate, and how that was found."""
        alphas = self._candidates(settings)
        splits = self._splits(settings, table, data, validation, sample_weight)
        warn_of_doubts(data, *(split.train for split in splits))
        scores = np.empty((len(splits), len(alphas)))
        networks: list[Trained | None] = []
        for row, split in zip(scores, splits, strict=True):
            candidates = train_candidates(
                split.settings,
                split.train,
                alphas.tolist(),
                validation=split.watched,
                predictor_of=self._predictor_of,
            )
            row[:] = score_candidates(
                split.settings, candidates, split.held_out, self._predictor_of
            )
            networks = [candidate.trained for candidate in candidates]
        best = _best(scores, alphas, settings)
        attributes = {
            "alphas_": alphas,
            "scores_": scores,
            "best_score_": float(scores[:, best].mean()) if len(scores) else math.nan,
        }
        return Chosen(
            settings.with_alpha(float(alphas[best])),
            attributes,
            None if self.refit else networks[best],
        )

    def _candidates(self, settings: Settings) -> np.ndarray:
        """Return the alphas to compare."""
        if settings.solver.decouples_decay and not hasattr(settings.solver, "alpha"):
            raise ValueError(
                f"solver={self.solver!r} shrinks the weights itself, and has no "
                "attribute alpha that could be set. Give it one, or use "
                "TwoLayerClassifier."
            )
        given: Any = _N_ALPHAS if isinstance(self.alphas, str) else self.alphas
        if isinstance(given, Integral):
            return _around(settings.alpha, int(given))
        return _checked_alphas(given)

    def _splits(
        self,
        settings: Settings,
        table: Table,
        data: TrainingData,
        validation: TrainingData | None,
        sample_weight: Any,
    ) -> list[Split]:
        """Return what candidates are trained and scored on, fold by fold."""
        dtype = self._dtype_of_comparison(table)
        if validation is not None:
            if self.cv is not None:
                raise ValueError(
                    f"Pass either cv or X_val, not both; got cv={self.cv!r}."
                )
            told = self._told(table, sample_weight, data, None, dtype)
            validation = _in_dtype(validation, dtype)
            watched = validation if self.early_stopping else None
            return [Split(*told, validation, watched)]
        folds = self._folds(settings, table, data)
        if not self.refit and len(folds) != 1:
            raise ValueError(
                f"refit=False needs one fold, whose network is kept; got {len(folds)}. "
                "Set refit=True, or let cv make one fold."
            )
        return [
            Split(
                *self._told(table, sample_weight, data, fold.train, dtype),
                _held_out(data, fold, dtype),
            )
            for fold in folds
        ]

    def _folds(
        self, settings: Settings, table: Table, data: TrainingData
    ) -> Sequence[Fold]:
        """Return the folds that `cv` stands for."""
        if self.cv is not None:
            return folds_of(self.cv, table.X, table.labels)
        rng = settings.random_stream()
        folds = automatic_folds(data, self.validation_fraction, rng)
        if not folds:
            warn(
                "A class has a single row: none can be held out, and alpha stays "
                "automatic. Pass more rows, or X_val.",
                UserWarning,
            )
        return folds

    def _told(
        self,
        table: Table,
        sample_weight: Any,
        data: TrainingData,
        rows: np.ndarray | None,
        dtype: np.dtype,
    ) -> tuple[Settings, TrainingData]:
        """Return what training on some rows alone, or on all, is told."""
        if rows is not None:
            table = table.select(rows)
            if sample_weight is not None:
                sample_weight = _each(sample_weight, len(data.y))[rows]
        train = check_training_data(
            table,
            sample_weight,
            targets=data.targets,
            class_weight=self.class_weight,
            dtype=dtype,
        )
        return Settings.of(self, table.X.shape, dtype), train

    def _dtype_of_comparison(self, table: Table) -> np.dtype:
        """Return the precision in which candidates compute."""
        if self.dtype != "auto":
            return np.dtype(self.dtype)
        float32 = np.dtype(np.float32)
        return float32 if fits_in(float32, table.X) else np.dtype(np.float64)

    def _predictor_of(self, trained: Trained) -> BaseEstimator:
        """Return a classifier of a candidate, for scorers."""
        predictor = copy.copy(self)
        predictor._publish(trained, None)
        return predictor


def _around(alpha: float, n: int) -> np.ndarray:
    """Return so many candidates around the automatic alpha."""
    if n == 1:
        return np.array([alpha])
    return alpha * np.geomspace(1.0 / _FARTHEST, _FARTHEST, n)


def _checked_alphas(given: Any) -> np.ndarray:
    """Return the candidates that were given, all of them finite and at least 0."""
    try:
        alphas = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"alphas={given!r} must hold numbers.") from error
    if alphas.ndim != 1 or not alphas.size:
        raise ValueError(
            f"alphas={given!r} must be a sequence of at least one number, or how many."
        )
    wrong = alphas[~(np.isfinite(alphas) & (alphas >= 0))]
    if wrong.size:
        raise ValueError(
            f"alphas must hold finite numbers of at least 0; got {wrong[0]}."
        )
    return alphas


def _each(sample_weight: Any, n_rows: int) -> np.ndarray:
    """Return a weight per row, also where one number was given for all."""
    return np.broadcast_to(np.asarray(sample_weight), (n_rows,))


def _in_dtype(data: TrainingData, dtype: np.dtype) -> TrainingData:
    """Return data to be computed with in some precision."""
    return data._replace(weight=data.weight.astype(dtype, copy=False))


def _held_out(data: TrainingData, fold: Fold, dtype: np.dtype) -> TrainingData:
    """Return the held-out rows of a fold, at least one of which counts."""
    held_out = _in_dtype(data.select(fold.held_out), dtype)
    if not held_out.weight.any():
        raise ValueError(
            f"cv holds out {len(fold.held_out)} rows of weight 0, which have no score. "
            "Check sample_weight, class_weight and cv."
        )
    return held_out


def _best(scores: np.ndarray, alphas: np.ndarray, settings: Settings) -> int:
    """Return which candidate has the highest mean score, or is the automatic one."""
    if not len(scores):
        return int(np.abs(alphas - settings.alpha).argmin())
    means = scores.mean(axis=0)
    if np.isneginf(means).all():
        raise ValueError(
            f"No candidate has a finite score, of alphas={alphas.tolist()}: training "
            f"diverged, or scoring is NaN. Lower learning_rate_init="
            f"{settings.learning_rate_init} or alphas."
        )
    return int(means.argmax())
