"""DaskTwoLayerClassifier: the classifier trained where the rows of a cluster lie."""

# Without deferred annotations, as in `skmlp._classifier`.

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from skmlp._checks.data import check_scored_data
from skmlp._checks.parameters import COUNT, RATE, Constraints, one_of
from skmlp._classifier import Chosen, LabelsLike, MatrixLike, TwoLayerClassifier
from skmlp._entries import entry_of
from skmlp._settings import PARAMETER_CONSTRAINTS, Settings, check_parameters
from skmlp._targets.kinds import targets_of
from skmlp._training.callbacks import with_callbacks
from skmlp._training.state import Trained
from skmlp.activations import Activation, ActivationName
from skmlp.dask.blocks import Whole
from skmlp.dask.cluster import Cluster
from skmlp.dask.collections import computed, is_collection
from skmlp.dask.prediction import lazily
from skmlp.dask.preparation import check, spread
from skmlp.dask.rounds import of_equal_size
from skmlp.dask.trainer import OUTER_VELOCITY, Plan, RoundsTrainer
from skmlp.initializers import InitializerName
from skmlp.losses import Loss, LossName
from skmlp.schedules import Schedule, ScheduleName
from skmlp.solvers import (
    SOLVERS,
    STOCHASTIC,
    FullBatchSolver,
    Solver,
    SolverName,
)

# So many steps a replica is to take in all: rather than fewer, let fewer replicas take
# more. Where more replicas are asked for, smaller batches make up for what is missing,
# down to a size, and a higher learning rate: by its root, up to a factor.
_ENOUGH_STEPS, _SMALLEST_BATCH, _HIGHEST_FACTOR = 1000, 32, 2.0
# The values of each parameter.
CONSTRAINTS: Constraints = {
    **PARAMETER_CONSTRAINTS,
    "n_replicas": [one_of(["auto"]), COUNT],
    "rounds_per_epoch": [COUNT],
    "outer_momentum": [RATE],
    "client": [object],
}


class DaskTwoLayerClassifier(TwoLayerClassifier):
    r"""TwoLayerClassifier trained on a Dask cluster, on the workers that hold the rows.

    Several networks, the replicas, train in parallel, each on its own blocks, and
    are averaged once or several times per epoch [1]_. Only weights and the state of the
    solver are sent, never the rows. The common network takes an outer step along the
    averaged change, with momentum [2]_. After `fit` it is a
    :class:`~skmlp.TwoLayerClassifier` that also predicts Dask's collections, block by
    block.

    The result depends on the seed and on the blocks, not on which worker does what,
    or in which order. Below a few gigabytes one machine is faster.

    Parameters
    ----------
    hidden_layer_size : int, default=256
        This and all up to `dtype` are those of :class:`~skmlp.TwoLayerClassifier`.

    activation, loss, solver : str, instance or class
        The network and its training, 'relu', 'log_loss' and 'adamw' by default; the
        solver must be stochastic.

    alpha : float or 'auto', default='auto'
        The strength of weight decay or of the penalty; 'auto' depends on the number of
        all rows, and no candidates are compared.

    dropout, input_dropout, label_smoothing : float, default=0.0
        Other kinds of regularization.

    standardize : bool, default=True
        Whether to train as if every feature had mean 0 and a scale near 1, over all
        blocks.

    batch_size : int, 'auto' or None, default='auto'
        Rows per step of each replica. 'auto' is that of one machine; if replicas
        would take fewer than 1000 steps in all, it is smaller, down to 32.

    sampling : {'shuffle', 'sequential', 'replacement'}, default='shuffle'
        How batches are drawn within a block.

    learning_rate : str, Schedule, class or callable, default='one_cycle'
        The schedule, over all epochs.

    learning_rate_init : float or 'auto', default='auto'
        The learning rate before the schedule. 'auto' is that of one machine; if
        replicas would take fewer than 1000 steps in all, it is up to twice as high.

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
        The weight of each class; 'balanced' by the rows of all blocks.

    max_iter : int or 'auto', default='auto'
        The number of epochs, as many as on one machine.

    early_stopping : bool, default=False
        Whether to stop when the score on `X_val` no longer improves. `fit` needs
        `X_val`, because no rows are held out.

    validation_fraction : float, default=0.1
        Not used.

    n_iter_no_change : int, default=10
        The number of epochs without improvement before training ends.

    tol : float, default=1e-4
        An increase of the score by more than `tol` is an improvement.

    scoring : str or callable, default='loss'
        The score on `X_val`, also for `early_stopping`.

    monitor_train : bool, default=False
        Whether to score up to 2048 rows of the training data after each epoch.

    warm_start : bool, default=False
        Whether `fit` continues with the network of the last call.

    n_jobs : int or None, default=None
        Threads for predictions of arrays and for the validation data. A call on a
        worker uses one thread.

    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the rows and dropout.

    verbose : bool or int, default=False
        Whether to print one line per epoch.

    dtype : {'auto', 'float32', 'float64'}, default='auto'
        The precision in which the networks compute. 'auto' is float64 if any block is
        float64, else float32.

    n_replicas : int or 'auto', default='auto'
        The number of networks that train in parallel, at most one per block. A replica
        trains on neighbouring blocks, one after the other. 'auto' is one per block, but
        few enough that each takes about 1000 steps in all: 2 for 60,000 rows and ten
        epochs, 39 for a million rows.

    rounds_per_epoch : int, default=1
        How many times per epoch the replicas are averaged, at least 1.

    outer_momentum : float, default=0.7
        The momentum of the common network from round to round, in [0, 1). Not used
        for a single replica.

    client : distributed.Client or None, default=None
        The connection to the cluster; None for the current one. Not saved with the
        estimator.

    Attributes
    ----------
    client_ : distributed.Client
        The client that is used, `client` or the current one.

    classes_, coefs_, intercepts_, n_features_in_, feature_names_in_ : various
        These and all others are those of :class:`~skmlp.TwoLayerClassifier`;
        `history_` has an entry per epoch.

    See Also
    --------
    skmlp.TwoLayerClassifier : The classifier on one machine.

    References
    ----------
    .. [1] Stich (2019), "Local SGD converges fast and communicates little", ICLR,
       algorithm 1.
    .. [2] Douillard et al. (2023), "DiLoCo: distributed low-communication training of
       language models", algorithm 1.

    Examples
    --------
    >>> import dask.array
    >>> from distributed import Client
    >>> from sklearn.datasets import load_digits
    >>> from skmlp.dask import DaskTwoLayerClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X = dask.array.from_array(X, chunks=(600, 64))
    >>> y = dask.array.from_array(y, chunks=600)
    >>> client = Client(processes=False, dashboard_address=":0")
    >>> clf = DaskTwoLayerClassifier(random_state=0).fit(X, y)
    >>> clf.predict(X).compute().shape
    (1797,)
    >>> local = clf.to_local()
    >>> client.close()
    """

    # The values that each parameter may take, checked when fitting.
    _parameter_constraints = CONSTRAINTS

    # Why there is no partial_fit.
    _no_partial_fit = (
        "DaskTwoLayerClassifier has no partial_fit. Let fit go on with "
        "warm_start=True, or call partial_fit of to_local()."
    )

    def __init__(
        self,
        hidden_layer_size: int = 256,
        *,
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
        alpha: float | Literal["auto"] | str = "auto",
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
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        scoring: str | Callable[..., float] = "loss",
        monitor_train: bool = False,
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | int = False,
        dtype: Literal["auto", "float32", "float64"] | str = "auto",
        n_replicas: int | Literal["auto"] | str = "auto",
        rounds_per_epoch: int = 1,
        outer_momentum: float = 0.7,
        client: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_size=hidden_layer_size,
            activation=activation,
            loss=loss,
            solver=solver,
            alpha=alpha,
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
            warm_start=warm_start,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
            dtype=dtype,
        )
        self.n_replicas = n_replicas
        self.rounds_per_epoch = rounds_per_epoch
        self.outer_momentum = outer_momentum
        self.client = client

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the client, which belongs to this process."""
        return {**super().__getstate__(), "client": None}

    def __sklearn_clone__(self) -> Self:
        """Return a copy that is not fitted, with the very same client."""
        params = self.get_params(deep=False)
        client = params.pop("client")
        cloned: dict[str, Any] = {
            name: clone(value, safe=False) for name, value in params.items()
        }
        return type(self)(**cloned, client=client)

    @property
    def client_(self) -> Any:
        """The client that is used."""
        check_is_fitted(self)
        return Cluster.of(self.client).client

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
        """Train the network on X and y, on the cluster.

        The blocks of X are computed once and stay on their workers until `fit` ends. If
        a worker dies, Dask computes its blocks again on another worker, and the result
        is the same. Ctrl-C ends training with a warning and keeps what was learnt in
        completed epochs.

        Parameters
        ----------
        X : dask array or data frame of shape (n_samples, n_features)
            Features of any numeric dtype, finite; blocks of arrays may be sparse.
        y : dask array, series or data frame
            Labels, in blocks of the same rows as X. For several labels per row at least
            two columns of 0 and 1.
        sample_weight : dask array or series, default=None
            How much each sample counts: at least 0, not all 0. None for all the same.
        X_val : dask collection, array or data frame, default=None
            Validation data, scored after each epoch and used by `early_stopping`.
            It is loaded into the memory of your process.
        y_val : dask collection or array-like, default=None
            Labels of `X_val`, in the form of y; all of them must be in y.
        sample_weight_val : dask collection or array-like, default=None
            How much each sample of `X_val` counts.

        Returns
        -------
        self : DaskTwoLayerClassifier
            The fitted estimator.

        Raises
        ------
        ImportError
            If dask or distributed is not installed.
        TypeError
            If X, y or `sample_weight` is not a Dask collection.
        ValueError
            If a parameter or an argument is invalid (the error names the block), if
            there is no client, or if training diverges before any epoch was better than
            the start. The estimator is then not changed.
        RuntimeError
            If the cluster cannot continue, for example if lost blocks cannot be
            computed again. Completed epochs are kept.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            As in :meth:`skmlp.TwoLayerClassifier.fit`.
        UserWarning
            If y holds a single class, or each block does.

        Examples
        --------
        >>> import dask.array
        >>> from distributed import Client
        >>> from skmlp.dask import DaskTwoLayerClassifier
        >>> X = dask.array.from_array([[0.0], [0.1], [0.9], [1.0]], chunks=2)
        >>> y = dask.array.from_array([0, 1, 0, 1], chunks=2)
        >>> client = Client(processes=False, dashboard_address=":0")
        >>> DaskTwoLayerClassifier(random_state=0).fit(X, y).n_iter_
        50
        >>> client.close()
        """
        self._fit(X, y, sample_weight, X_val, y_val, sample_weight_val)
        return self

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any,
        y_val: Any,
        sample_weight_val: Any,
    ) -> None:
        """Do what `fit` says."""
        check_parameters(self)
        _check_can_be_distributed(self, X_val)
        with np.errstate(), Cluster.of(self.client) as cluster:
            checked = check(cluster, X, y, sample_weight, self.dtype)
            whole = checked.whole
            trained = self._trained_before() if self.warm_start else None
            dtype = whole.dtype if trained is None else trained.dtype
            settings, plan = self._planned(whole, dtype, trained)
            targets = targets_of(
                whole.form, whole.classes, settings.loss, settings.label_smoothing
            )
            rows = spread(cluster, checked, settings, targets, self.class_weight)
            validation = self._validation(
                rows.sample,
                whole.names,
                *computed(X_val, y_val, sample_weight_val, client=cluster.client),
            )
            told = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
            make_trainer = partial(RoundsTrainer, cluster, rows, plan)
            self._train(
                Chosen(settings),
                rows.sample,
                validation,
                trained,
                whole.names,
                told,
                make_trainer,
            )
            if cluster.failure is not None:
                raise RuntimeError(
                    f"{cluster.failure} Completed epochs are kept (n_iter_="
                    f"{self.n_iter_}); with warm_start=True fit continues from them."
                ) from cluster.failure

    def _planned(
        self, whole: Whole, dtype: np.dtype, trained: Trained | None
    ) -> tuple[Settings, Plan]:
        """Return how each replica is to train, and how they are to work together."""
        n_rows = sum(whole.n_rows)
        settings = self._settings_for((n_rows, whole.n_features), dtype, trained)
        if trained is None:
            settings = settings.for_going_on(None)  # alpha is not measured
        n_replicas = self.n_replicas
        n_steps = settings.max_iter * n_rows / settings.batch_size
        if n_replicas == "auto":
            n_replicas = max(int(n_steps // _ENOUGH_STEPS), 1)
        n_replicas = of_equal_size(int(n_replicas), len(whole.n_rows))
        missing = max(_ENOUGH_STEPS * n_replicas / n_steps, 1.0)
        if n_replicas == 1:
            return settings, Plan(n_replicas, n_rounds=1, outer_momentum=0.0)
        batch_size, rate = settings.batch_size, settings.learning_rate_init
        if self.batch_size == "auto":
            smaller = max(math.ceil(batch_size / missing), _SMALLEST_BATCH)
            batch_size = min(batch_size, smaller)
        if self.learning_rate_init == "auto":
            rate *= min(math.sqrt(missing), _HIGHEST_FACTOR)
        settings = replace(settings, batch_size=batch_size, learning_rate_init=rate)
        return settings, Plan(n_replicas, self.rounds_per_epoch, self.outer_momentum)

    def predict(self, X: MatrixLike) -> Any:
        """Predict the most probable class of each sample, or its labels.

        Parameters
        ----------
        X : dask array, dask data frame or any X of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        labels : dask array or ndarray of shape (n_samples,) or (n_samples, n_labels)
            For a collection a lazy dask array, computed block by block; otherwise the
            result of :meth:`skmlp.TwoLayerClassifier.predict`.

        Examples
        --------
        >>> import dask.array as da
        >>> from distributed import Client
        >>> from skmlp.dask import DaskTwoLayerClassifier
        >>> X = da.from_array([[0.0], [1.0], [0.1], [0.9]], chunks=2)
        >>> y = da.from_array([0, 1, 0, 1], chunks=2)
        >>> with Client(processes=False, dashboard_address=":0"):
        ...     clf = DaskTwoLayerClassifier(random_state=0).fit(X, y)
        >>> clf.predict(X).compute()
        array([0, 1, 0, 1])
        """
        check_is_fitted(self)
        targets = self._targets()
        return self._predicted("predict", X, targets.predicted(targets.empty(0)))

    def predict_proba(self, X: MatrixLike) -> Any:
        """Estimate the probability of each class for each sample.

        Parameters
        ----------
        X : dask array, dask data frame or any X of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        probabilities : dask array or ndarray of shape (n_samples, n_outputs)
            For a collection a lazy dask array, computed block by block; otherwise the
            result of :meth:`skmlp.TwoLayerClassifier.predict_proba`.

        Examples
        --------
        >>> import dask.array as da
        >>> from distributed import Client
        >>> from skmlp.dask import DaskTwoLayerClassifier
        >>> X = da.from_array([[0.0], [1.0], [0.1], [0.9]], chunks=2)
        >>> y = da.from_array([0, 1, 0, 1], chunks=2)
        >>> with Client(processes=False, dashboard_address=":0"):
        ...     clf = DaskTwoLayerClassifier(random_state=0).fit(X, y)
        >>> (clf.predict_proba(X) > 0.5).compute()
        array([[ True, False],
               [False,  True],
               [ True, False],
               [False,  True]])
        """
        return self._predicted("predict_proba", X, self._no_probabilities())

    def predict_log_proba(self, X: MatrixLike) -> Any:
        """Estimate the logarithm of the probability of each class for each sample.

        Parameters
        ----------
        X : dask array, dask data frame or any X of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        log_probabilities : dask array or ndarray of shape (n_samples, n_outputs)
            For a collection a lazy dask array, computed block by block; otherwise the
            result of :meth:`skmlp.TwoLayerClassifier.predict_log_proba`.

        Examples
        --------
        >>> import dask.array as da
        >>> from distributed import Client
        >>> from skmlp.dask import DaskTwoLayerClassifier
        >>> X = da.from_array([[0.0], [1.0], [0.1], [0.9]], chunks=2)
        >>> y = da.from_array([0, 1, 0, 1], chunks=2)
        >>> with Client(processes=False, dashboard_address=":0"):
        ...     clf = DaskTwoLayerClassifier(random_state=0).fit(X, y)
        >>> clf.predict_log_proba(X).argmax(axis=1).compute()
        array([0, 1, 0, 1])
        """
        return self._predicted("predict_log_proba", X, self._no_probabilities())

    def decision_function(self, X: MatrixLike) -> Any:
        """Compute the logits, or for two classes their difference.

        Parameters
        ----------
        X : dask array, dask data frame or any X of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        scores : dask array or ndarray of shape (n_samples,) or (n_samples, n_outputs)
            For a collection a lazy dask array, computed block by block; otherwise the
            result of :meth:`skmlp.TwoLayerClassifier.decision_function`.

        Examples
        --------
        >>> import dask.array as da
        >>> from distributed import Client
        >>> from skmlp.dask import DaskTwoLayerClassifier
        >>> X = da.from_array([[0.0], [1.0], [0.1], [0.9]], chunks=2)
        >>> y = da.from_array([0, 1, 0, 1], chunks=2)
        >>> with Client(processes=False, dashboard_address=":0"):
        ...     clf = DaskTwoLayerClassifier(random_state=0).fit(X, y)
        >>> (clf.decision_function(X) > 0).compute()
        array([False,  True, False,  True])
        """
        check_is_fitted(self)
        none = self._targets().empty_scores(0, self.coefs_[0].dtype)
        return self._predicted("decision_function", X, none)

    def score(
        self,
        X: MatrixLike,
        y: LabelsLike,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """Compute the accuracy: the share of samples whose class is predicted.

        The labels and the predictions of collections are loaded into the memory of your
        process; the features are not.

        Parameters
        ----------
        X : dask array, dask data frame or any X of shape (n_samples, n_features)
            Features of any numeric dtype, finite.
        y : dask collection or array-like
            Their labels, in the form that `fit` got.
        sample_weight : dask collection or array-like, default=None
            How much each sample counts: at least 0, not all 0. None for all the same.

        Returns
        -------
        accuracy : float
            Between 0 and 1.

        Examples
        --------
        >>> import dask.array as da
        >>> from distributed import Client
        >>> from skmlp.dask import DaskTwoLayerClassifier
        >>> X = da.from_array([[0.0], [1.0], [0.1], [0.9]], chunks=2)
        >>> y = da.from_array([0, 1, 0, 1], chunks=2)
        >>> with Client(processes=False, dashboard_address=":0"):
        ...     clf = DaskTwoLayerClassifier(random_state=0).fit(X, y)
        >>> clf.score(X, y)
        1.0
        """
        predicted, y, weight = computed(
            self.predict(X), y, sample_weight, client=self.client
        )
        labels, weight = check_scored_data(predicted, y, weight)
        return float(accuracy_score(labels, predicted, sample_weight=weight))

    def to_local(self) -> TwoLayerClassifier:
        """Return an ordinary classifier with the weights of this one.

        You can save, export and train it further like any other.

        Returns
        -------
        classifier : TwoLayerClassifier
            With the same parameters and fitted attributes, which are copies.

        Examples
        --------
        >>> import dask.array as da
        >>> from distributed import Client
        >>> from skmlp.dask import DaskTwoLayerClassifier
        >>> X = da.from_array([[0.0], [1.0], [0.1], [0.9]], chunks=2)
        >>> y = da.from_array([0, 1, 0, 1], chunks=2)
        >>> with Client(processes=False, dashboard_address=":0"):
        ...     clf = DaskTwoLayerClassifier(random_state=0).fit(X, y)
        >>> clf.to_local().predict([[0.2], [0.8]])
        array([0, 1])
        """
        check_is_fitted(self)
        names = TwoLayerClassifier._get_param_names()
        params: dict[str, Any] = {
            name: clone(getattr(self, name), safe=False) for name in names
        }
        local = TwoLayerClassifier(**params)
        learnt = {
            name: copy.deepcopy(value)
            for name, value in vars(self).items()
            if name.endswith("_") or name == "_training_state"
        }
        (learnt["_training_state"]["solver"] or {}).pop(OUTER_VELOCITY, None)
        local.__dict__.update(learnt)
        return local

    def _no_probabilities(self) -> np.ndarray:
        check_is_fitted(self)
        return np.empty((0, self.n_outputs_), self.coefs_[0].dtype)

    def _predicted(self, method: str, X: Any, none: Any) -> Any:
        """Return what a method of the local classifier makes of X.

        None is what it makes of no rows.
        """
        local = self.to_local()
        if is_collection(X):
            return lazily(local, method, X, none)
        return getattr(local, method)(X)


def _check_can_be_distributed(estimator: DaskTwoLayerClassifier, X_val: Any) -> None:
    """Raise where parameters ask for what blocks by themselves cannot do."""
    if not entry_of(SOLVERS, estimator.solver).is_stochastic:
        raise ValueError(
            f"solver={estimator.solver!r} needs all rows at once, but they are in "
            f"blocks. Choose one of {STOCHASTIC}."
        )
    if estimator.early_stopping and X_val is None:
        raise ValueError(
            "early_stopping=True needs validation data, because no rows of the blocks "
            "are held out. Pass X_val and y_val to fit."
        )
