"""TwoLayerClassifier: scikit-learn's contract; nothing here is numerical."""

# Without deferred annotations: the class says that it lives in `skmlp`, where the names
# in them are not to be found.

import copy
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Self, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import sparray, spmatrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skmlp import __version__
from skmlp._candidates.automatic import measured_alpha
from skmlp._checks.data import (
    OverflowInPrediction,
    Table,
    TrainingData,
    check_chunk,
    check_finite,
    check_further_table,
    check_prediction_data,
    check_scored_data,
    check_table,
    check_training_data,
    check_validation_data,
    computation_dtype,
    warn_of_doubts,
    warn_of_order,
)
from skmlp._checks.labels import check_classes, classes_of
from skmlp._checks.saved import marked, readable
from skmlp._checks.scoring import warn_of_unused
from skmlp._checks.weights import (
    as_pairs,
    check_several_outputs,
    check_sorted_classes,
    check_weight_arrays,
)
from skmlp._core.network import Buffers, Workspace, forward
from skmlp._core.rows import (
    Matrix,
    are_finite,
    block_rows,
    blocks_of,
    holds_finite_numbers,
    numbers_per_row,
)
from skmlp._entries import entry_of, ready
from skmlp._parallel.limit import threads_of_prediction
from skmlp._parallel.n_threads import threads_of_rows
from skmlp._parallel.team import ranges, side_by_side, until
from skmlp._settings import (
    PARAMETER_CONSTRAINTS,
    Settings,
    check_parameters,
)
from skmlp._targets.forms import ONE_LABEL
from skmlp._targets.kinds import Targets, targets_of
from skmlp._training import run
from skmlp._training.build import MakeTrainer, build_trainer
from skmlp._training.callbacks import CallbackSupportMixin, FitTasks, with_callbacks
from skmlp._training.epochs import watched_score
from skmlp._training.state import Trained, TrainingState
from skmlp.activations import ACTIVATIONS, Activation, ActivationName
from skmlp.initializers import InitializerName
from skmlp.losses import LOSSES, Loss, LossName
from skmlp.schedules import Schedule, ScheduleName
from skmlp.solvers import (
    SOLVERS,
    STOCHASTIC,
    FullBatchSolver,
    Solver,
    SolverName,
)

# The parameters whose 'auto' is a number once fitted, in an attribute of that name.
_NUMBERS = ("alpha", "batch_size", "learning_rate_init", "max_iter")
# What scikit-learn sets on an estimator while its callbacks run.
_TRANSIENT = ("_callback_fit_ctx", "_parent_callback_ctx", "_skl_callbacks_to_teardown")

# Anything with rows of numbers: array-likes, frames, sparse matrices and arrays.
MatrixLike: TypeAlias = Any
# A label per row; or 0 and 1 in a column for each of several labels.
LabelsLike: TypeAlias = ArrayLike | spmatrix | sparray
# Predictions: an array, or for sparse y a sparse matrix or array. It is Any, so that a
# user with an array needs no cast.
Labels: TypeAlias = np.ndarray | Any
Method = TypeVar("Method", bound=Callable[..., Any])


def _has_stochastic_solver(estimator: "TwoLayerClassifier") -> bool:
    """Let partial_fit exist, or say why it does not."""
    if estimator._no_partial_fit:
        raise AttributeError(estimator._no_partial_fit)
    solver = estimator.solver
    if isinstance(solver, str) and solver not in SOLVERS:
        return True  # which partial_fit will refuse
    if not getattr(entry_of(SOLVERS, solver), "is_stochastic", True):
        raise AttributeError(
            f"partial_fit needs a stochastic solver; solver={solver!r} sees all data "
            f"at once. Choose {STOCHASTIC}."
        )
    return True


def _with_a_stochastic_solver(method: Method) -> Method:
    """Return a method that is there where the solver is stochastic."""
    return cast(Method, available_if(_has_stochastic_solver)(method))


def _metadata(sample_weight: Any) -> dict[str, Any] | None:
    """Return what callbacks are told of a fit beside X and y."""
    return None if sample_weight is None else {"sample_weight": sample_weight}


class Chosen(NamedTuple):
    """The settings to train with, attributes that say how they were chosen.

    And the network that is to be handed out, where no other is to be trained.
    """

    settings: Settings
    attributes: Mapping[str, Any] = MappingProxyType({})
    network: Trained | None = None


class TwoLayerClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    r"""Classifier with one hidden layer, trained by back-propagation in NumPy.

    The network computes, for a row :math:`x`, the logits

    .. math:: o = W_2^\top f(W_1^\top x + b_1) + b_2

    and minimises over its weights and biases the objective

    .. math::

        \frac{\sum_i w_i \, \ell(y_i, o_i)}{\sum_i w_i}
        + \frac{\alpha}{2} \left( \|W_1\|^2 + \|W_2\|^2 \right)

    where :math:`f` is the `activation`, :math:`\ell` the `loss` and :math:`w_i` the
    sample weight times the class weight. With the default solver, 'adamw', the second
    term is left out: each step shrinks the weights instead, by the factor
    :math:`1 - \eta \alpha` with :math:`\eta` the learning rate.

    A row has one label, or several (multilabel classification). For several, y is an
    indicator matrix, with a column of 0 and 1 for each label. Each output is then a
    logistic output for one label, :math:`\ell` is the sum of the losses of the labels,
    and `class_weight` weights these losses.

    Parameters
    ----------
    hidden_layer_size : int, default=256
        The number of hidden units, at least 1.

    activation : str, Activation or class, default='relu'
        The function f of the hidden layer: a name, or your own, see
        :class:`skmlp.activations.Activation`.

        - 'relu': max(0, z).
        - 'tanh': the hyperbolic tangent.
        - 'logistic': 1 / (1 + exp(-z)).
        - 'identity': z, which makes the network a linear model of limited rank.
        - 'leaky_relu': z where positive, else 0.01 z.
        - 'elu': z where positive, else exp(z) - 1.
        - 'softplus': log(1 + exp(z)).
        - 'silu': z / (1 + exp(-z)), also known as swish.
        - 'gelu': z Φ(z) with Φ the normal distribution function; exact, not the
          approximation by tanh.

    loss : str, Loss or class, default='log_loss'
        The loss to minimise: a name, or your own, see :class:`skmlp.losses.Loss`. In
        the formulas t is the one-hot (or smoothed) target.

        - 'log_loss': cross-entropy of p = softmax(o), the negative sum of t log p.
        - 'squared_error': ½‖o − t‖² with linear outputs. `predict_proba` then returns
          the probabilities nearest to the outputs by Euclidean distance, which may be
          exactly 0 or 1.
        - 'brier': ‖p − t‖² with p = softmax(o).

        For several labels per row p is the logistic function of each logit, t holds 0
        and 1, and 'log_loss' is the sum of the binary cross-entropies of the labels.
        The other formulas are the same, but with 'squared_error' the probabilities are
        the outputs, clipped to [0, 1]. The method ``multilabel`` of your own loss
        returns its form for several labels, see :class:`skmlp.losses.MultilabelLoss`.

    solver : str, Solver or class, default='adamw'
        The optimizer: a name, or your own, see :class:`skmlp.solvers.Solver`. For this
        parameter, `activation`, `loss`, `learning_rate` and `weight_init`, an instance
        keeps the parameters that it was created with. A name or a class gets from this
        estimator the parameters that the class lists in `options`.

        - 'adam': Adam [1]_; `alpha` acts through the gradient.
        - 'adamw': Adam with decoupled weight decay [2]_; each step shrinks the weights
          by the learning rate times `alpha`, and the objective has no penalty.
        - 'sgd': stochastic gradient descent with `momentum`.
        - 'lbfgs': SciPy's L-BFGS on the whole training set. It ignores `batch_size`,
          `sampling` and the learning rate; dropout raises an error.

    alpha : float or 'auto', default='auto'
        Strength of the L2 penalty on the weights, not on the biases; for 'adamw'
        strength of the weight decay; at least 0. Its effect does not depend on the
        batch size: `alpha` equals that of `MLPClassifier` divided by the batch size.
        With 'adamw' each step shrinks the weights by the share learning rate × `alpha`,
        which should be much less than 1.

        With 'auto' and 'adamw', `fit` chooses the best of 0.07, 0.2, 0.7, 2 and 7,
        because noisy tables need a hundred times as much as clean ones. For each value
        a network with a quarter of the units is trained half as long, in float32, on
        three quarters of the rows. Their losses on the fourth quarter are compared. If
        there are fewer than 1000 rows, up to four quarters are held out in turn. This
        takes about a third of the time of the training on all rows that follows, if
        `max_iter` is 'auto'. For several labels per row the best value between the
        candidates is doubled, because the full network needs more decay.
        Training that continues by `warm_start` or `partial_fit` keeps the value.

        In some cases 'auto' is 60 / √n_samples instead, at least 0.3 and at most 0.9:
        with fewer than 80 rows, or 8 per class (for several labels, per stratum of
        `early_stopping`); with more than 2\ :sup:`23` numbers in X, or wide sparse X;
        with weights given as arrays, or your own activation or initializer; if no
        candidate has a finite loss; and if training began with `from_weights` or with
        `partial_fit`, where n_samples is the number of rows of the call. For the other
        solvers 'auto' is 0.001.

    dropout : float, default=0.0
        The share of hidden units dropped at each step of training, in [0, 1) [3]_.

    input_dropout : float, default=0.0
        The share of features dropped at each step of training, in [0, 1).

    label_smoothing : float, default=0.0
        The share ε of the target that is spread evenly over all classes, in [0, 1)
        [4]_. For several labels per row, the targets 0 and 1 become ε/2 and 1 − ε/2.

    standardize : bool, default=True
        Whether to train as if every feature had mean 0 and a scale near 1 [10]_, so
        that no scaler is needed in front. X is neither changed nor copied, sparse X
        stays sparse, and `coefs_` and `intercepts_` apply to X itself.

        Center and scale come from the weighted data of the first call and then stay
        fixed. The center of a feature is its mean. The scale is the standard deviation
        or a quarter of the range, whichever is larger, rounded to a power of two. A
        constant feature is not centred, and is scaled by its size. Outliers, at most
        one in fifty of the values that differ from the median, are left out of both.
        Training clips values at 6 scales from the center, except the zeros of sparse
        X; predictions do not clip. If the first call has fewer than 20 rows and no
        outlier, nothing is clipped. The penalty and the initial weights (except a pair
        of arrays) are those for standardised features. With ``fit_intercept=False``,
        and for wide sparse X, features are scaled but not centred, and the limit is 6
        plus the largest center, in scales.

    batch_size : int, 'auto' or None, default='auto'
        Rows per step. 'auto' is n_samples / 25, but at least 32 and at most 256. None
        is the whole training set, that is, gradient descent; so is a number larger than
        the number of rows.

    sampling : {'shuffle', 'sequential', 'replacement'}, default='shuffle'
        How batches are drawn.

        - 'shuffle': every row once per epoch, in a new order each time.
        - 'sequential': every row once per epoch, in the order of X.
        - 'replacement': as many rows as there are, each drawn independently.

    learning_rate : str, Schedule, class or callable, default='one_cycle'
        The schedule: the factor by which `learning_rate_init` is multiplied. In
        `partial_fit` with ``max_iter='auto'`` the number of epochs is unknown, and
        'invscaling' is used instead of 'cosine', 'one_cycle' and a callable.

        - 'constant': 1.
        - 'exponential': `learning_rate_decay` to the power of the epoch, counted
          from 0.
        - 'invscaling': 1 / (epoch + 1) to the power of `power_t`.
        - 'cosine': half a cosine from 1 to 0.001 [5]_.
        - 'one_cycle': a linear rise from 1/25 to 1 over the first 30 %, then half a
          cosine to 0.001 [6]_.
        - 'adaptive': divided by 5 whenever the training loss (with `early_stopping` the
          validation score) has not improved by more than `tol` for `n_iter_no_change`
          epochs in a row. When the learning rate is at most 1e-6, the next such plateau
          ends training.
        - callable: takes `share`, a float in [0, 1], and returns the factor. `share` is
          the share of the `max_iter` epochs that is done; it grows from batch to batch.
        - an instance or a class of :class:`skmlp.schedules.Schedule`.

    learning_rate_init : float or 'auto', default='auto'
        The learning rate before the schedule; positive. 'auto' is 0.13 / √n_features,
        but at most 0.04. It suits a schedule that ends low, and standardised features.

    learning_rate_decay : float, default=0.95
        The factor per epoch of the schedule 'exponential', in (0, 1].

    power_t : float, default=0.5
        The exponent of the schedule 'invscaling'; at least 0.

    momentum : float, default=0.9
        Momentum of the solver 'sgd', in [0, 1); 0 for none.

    nesterovs_momentum : bool, default=True
        Whether to use Nesterov's momentum instead of the classical one.

    beta_1 : float, default=0.9
        Decay per step of the mean gradient of 'adam' and 'adamw', in [0, 1).

    beta_2 : float, default=0.999
        Decay per step of the mean squared gradient of 'adam' and 'adamw', in [0, 1).

    epsilon : float, default=1e-8
        What 'adam' and 'adamw' add to the square root of the mean squared gradient;
        positive.

    max_grad_norm : float or None, default=None
        If the Euclidean norm of the gradient, over all parameters, is larger, the
        gradient is scaled to this norm; None for no limit. 'lbfgs' ignores it.

    weight_init : str, callable, class or pair of arrays, default='auto'
        The initial weights of both layers; biases start at zero.

        - 'auto': 'he' for 'relu', 'leaky_relu', 'elu', 'softplus', 'silu' and 'gelu',
          'glorot' otherwise.
        - 'he': uniform within ±√(6 / fan_in) [7]_.
        - 'glorot': uniform within ±√(6 / (fan_in + fan_out)) [8]_.
        - 'lecun': uniform within ±√(3 / fan_in).
        - 'normal': normal with mean 0 and standard deviation `init_scale`.
        - 'uniform': uniform within ± `init_scale`.
        - 'fan_product': uniform within ±1 / √(fan_in fan_out).
        - callable: called as ``weight_init(W, rng)`` for each layer; fills ``W``, of
          shape (fan_in, fan_out), in place; ``rng`` is a `numpy.random.Generator`.
        - an instance or a class of :class:`skmlp.initializers.Initializer`.
        - pair of arrays: of shapes (n_features, hidden_layer_size) and
          (hidden_layer_size, n_outputs).

    init_scale : float or pair of floats, default=0.05
        The standard deviation of 'normal', or the bound of 'uniform'; positive. A pair
        has one value for the hidden and one for the output layer.

    fit_intercept : bool, default=True
        Whether the layers have biases. If False, both stay zero.

    class_weight : dict, list of dicts, 'balanced' or None, default=None
        The weight of each class, multiplied by `sample_weight`. 'balanced' gives a
        class the weight n_samples / (n_classes * its samples), where each sample counts
        by its `sample_weight`; in `partial_fit`, over all rows seen so far.

        For several labels per row: 'balanced', or a list with one dict (or 'balanced')
        per column of y, such as ``[{0: 1, 1: 5}, {}]``. It weights the absence (0) and
        the presence (1) of each label, only in the loss of that label. scikit-learn's
        trees take such a list, too, but multiply the weights of all labels of a row
        into one weight of the row. `fit` divides the weights by their mean over all
        labels and rows, so that only their ratios count; `partial_fit` does not.

    max_iter : int or 'auto', default='auto'
        The number of epochs, that is, of passes over the training set; for 'lbfgs' the
        largest number of iterations. There is no warning at the end. 'auto' is the
        number of epochs of 1500 steps, but at least 10 and at most 50; 200 for 'lbfgs'.

    early_stopping : bool, default=False
        Whether to stop when the score on validation data has not improved by more than
        `tol` for `n_iter_no_change` epochs in a row, and to restore the weights of the
        best epoch. With 'one_cycle', 'cosine' or a callable as the schedule, the
        learning rate falls before training ends: the rest of the schedule is shortened
        to `n_iter_no_change` epochs.

        Validation data is `X_val` if `fit` gets it, else a part of the training data,
        stratified by class. A class with at least two rows has one on each side; a
        single row is used for training. For several labels per row the rarest label of
        a row is its stratum, a simple form of [11]_; strata with less than 5 % of the
        rows are merged. If fewer than two rows per class or stratum would be held out,
        `fit` warns and uses the score on the training data. `partial_fit` holds
        out no rows and does not stop.

    validation_fraction : float, default=0.1
        The share of rows that `early_stopping` holds out, in (0, 1).

    n_iter_no_change : int, default=10
        The number of epochs without improvement before training ends; at least 1.

    tol : float, default=1e-4
        An increase of the score by more than `tol` is an improvement. 'lbfgs' has
        converged when the largest entry of the gradient is at most `tol`.

    scoring : str or callable, default='loss'
        The score for `early_stopping`: 'loss' (the negative loss, without the
        penalty), the name of a scikit-learn scorer, or a callable
        ``scoring(estimator, X, y)`` that returns a number. Greater is better; NaN is no
        improvement. If samples or classes are weighted, a scorer that has a parameter
        ``sample_weight`` gets the product of both weights. For several labels per row
        class weights are not weights of rows, and count only in 'loss'.
        With an `X_val` and without early stopping the score is recorded in `history_`.
        Without either it has no effect, and `fit` warns, except within a search.

    monitor_train : bool, default=False
        Whether to record in `history_`, after each epoch, the loss (without the penalty
        and without dropout) and the accuracy on the training data, and the share of
        hidden units that are active on it. It adds about two fifths of the time per
        epoch.

    warm_start : bool, default=False
        Whether `fit` continues from the weights, the state of the solver and the random
        stream of the last call, and trains `max_iter` epochs more. With a constant
        learning rate two fits of 50 epochs equal one of 100, bit for bit. The share of
        training that is done, the count of plateaus and the memory of 'lbfgs' start
        again.

    n_jobs : int or None, default=None
        The largest number of threads that train and predict; -1 for the number of
        cores. None is the number of cores that joblib counts, but not more threads than
        BLAS may use, which in loky's workers is their share of the cores. In workers of
        other pools and in threads other than the main one it is 1. If a step has fewer
        than 12 million multiplications of X and the weights, one thread trains.
        :ref:`The guide <threads>` has the number of threads for larger steps, and the
        parameters with which training uses one thread.

    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the batches, dropout and the held-out rows. An int
        makes `fit` reproducible, bit for bit, on one machine with the same number of
        threads. Another number of threads changes the rounding, and with `dropout` the
        units that are dropped.

    verbose : bool or int, default=False
        Whether to print one line per epoch; an int k prints one line per k epochs. A
        star marks the best epoch so far, by the score for `early_stopping`, also
        without it; a line before the first epoch says so. For a progress bar see
        :class:`sklearn.callback.ProgressBar`.

    dtype : {'auto', 'float32', 'float64'}, default='auto'
        The precision in which the network computes: 'auto' is float64 for float64 X and
        float32 for any other X. X itself is never copied or cast as a whole. Training
        that continues keeps its precision.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; for several labels per row the numbers of the columns of y,
        ``arange(n_labels)``, as in `MLPClassifier`.

    coefs_ : list of two ndarrays
        The weights, of shapes (n_features, hidden_layer_size) and
        (hidden_layer_size, `n_outputs_`).

    intercepts_ : list of two ndarrays
        The biases, of shapes (hidden_layer_size,) and (`n_outputs_`,).

    n_features_in_ : int
        The number of features seen when fitting.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the features, if X had names that are all strings.

    history_ : dict of lists
        Lists with one entry per epoch, for ``pandas.DataFrame(clf.history_)``:
        'epoch', 'loss' (the mean of the objective over the batches), 'learning_rate'
        (of the last step) and 'seconds' (of training, without scoring). With validation
        data also 'val_loss' (without the penalty), 'val_accuracy' and the name of the
        scorer. With `monitor_train` also 'train_loss', 'train_accuracy' and
        'active_units', the share of hidden units that are not dead: a dead unit has
        the same output for every training row and a derivative of zero, as a unit of
        'relu' that is never positive. Accuracy is what `score` computes. An entry is
        NaN if the epoch was not scored. `partial_fit` keeps the last 1000.

    n_iter_ : int
        The number of epochs trained, over all calls of `partial_fit` or, with
        `warm_start`, of `fit`.

    t_ : int
        The number of rows trained on, each counted as often as it was used.

    alpha_, learning_rate_init_ : float
        The values of `alpha` and `learning_rate_init` in the last call of `fit` or
        `partial_fit`, with a number instead of 'auto'. If the solver is an instance
        with its own `alpha`, `alpha_` is that.

    batch_size_, max_iter_ : int
        The same for `batch_size`, where None becomes the number of rows, and for
        `max_iter`.

    loss_ : float
        The loss of the last epoch.

    best_loss_ : float
        The lowest loss of an epoch.

    loss_curve_ : list of float
        ``history_["loss"]``.

    validation_scores_ : list of float or None
        The score on the validation data, one per epoch; greater is better. None
        if there was no validation data.

    best_validation_score_ : float or None
        The highest validation score since the last `fit` began.

    best_epoch_ : int or None
        The epoch with the highest score, counted from 1 as in ``history_["epoch"]``.

    n_layers_ : int
        3, counting the input layer.

    n_outputs_ : int
        The number of outputs: one per class, also for two classes; or one per label.

    out_activation_ : {'softmax', 'logistic', 'identity'}
        The activation of the outputs: 'logistic' for several labels per row; 'identity'
        for the loss 'squared_error'.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : A perceptron of any number of layers.
    sklearn.ensemble.HistGradientBoostingClassifier : Boosted trees, also for tables.

    Notes
    -----
    No scaler is needed in front, because of `standardize`; a scaler does no harm.

    The defaults were chosen by a sweep over data sets of many kinds, which
    ``benchmarks/default_sweep.py`` repeats; the page on defaults shows its table.

    Wide sparse X: if a batch has nonzero values for less than half of the features,
    steps change only the weights of these features [9]_. Moments and velocity decay at
    each step, as in a dense one. But momentum, penalty and decay change the weights of
    an absent feature only when a batch has this feature again. Features are then
    scaled, but not centred.

    In a mini-batch, the loss of a sample is multiplied by its weight / (rows of the
    batch × mean weight of the training set), so that the gradient is unbiased.

    References
    ----------
    .. [1] Kingma & Ba (2015), "Adam: a method for stochastic optimization",
       algorithm 1.
    .. [2] Loshchilov & Hutter (2019), "Decoupled weight decay regularization",
       algorithm 2.
    .. [3] Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks
       from overfitting", JMLR 15, section 10.
    .. [4] Szegedy et al. (2016), "Rethinking the inception architecture for computer
       vision", section 7.
    .. [5] Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm
       restarts", equation (5), without restarts.
    .. [6] Smith & Topin (2019), "Super-convergence: very fast training of neural
       networks using large learning rates"; the cosine is PyTorch's.
    .. [7] He et al. (2015), "Delving deep into rectifiers", equation (10).
    .. [8] Glorot & Bengio (2010), "Understanding the difficulty of training deep
       feedforward neural networks", equation (16).
    .. [9] `torch.optim.SparseAdam` and TensorFlow's `LazyAdam` do so, but do not change
       the moments of absent features.
    .. [10] LeCun et al. (1998), "Efficient BackProp", section 4.3, by the
       reparametrisation of the first layer that the page on mathematics derives.
    .. [11] Sechidis, Tsoumakas & Vlahavas (2011), "On the stratification of multi-label
       data", algorithm 1, which assigns row by row until each label has its share.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from skmlp import TwoLayerClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> model = make_pipeline(MinMaxScaler(), TwoLayerClassifier(random_state=0))
    >>> print(f"{model.fit(X_train, y_train).score(X_test, y_test):.2f}")
    0.99

    Several labels per row: is a digit even, and is it above 4?

    >>> import numpy as np
    >>> Y = np.column_stack([y % 2 == 0, y > 4])
    >>> clf = TwoLayerClassifier(random_state=0).fit(X[:1000], Y[:1000])
    >>> y[1003:1006].tolist(), clf.predict(X[1003:1006]).tolist()
    ([5, 3, 6], [[0, 1], [0, 0], [1, 1]])
    """

    classes_: np.ndarray
    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    n_features_in_: int
    feature_names_in_: np.ndarray
    history_: dict[str, list[float]]
    n_iter_: int
    t_: int
    alpha_: float
    learning_rate_init_: float
    batch_size_: int
    max_iter_: int
    _training_state: dict[str, Any]

    # The values that each parameter may take, checked when fitting.
    _parameter_constraints = PARAMETER_CONSTRAINTS

    # Whether `fit` compares networks by `scoring`, also without validation data.
    _compares_by_scoring = False

    # Why there is no partial_fit, where there is none.
    _no_partial_fit = ""

    # Where scikit-learn's HTML representation links to.
    _doc_link_module = "skmlp"
    _doc_link_template = (  # pyright: ignore
        "https://skmlp.readthedocs.io/en/stable/api/"
        "{estimator_module}.{estimator_name}.html"
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
    ) -> None:
        self.hidden_layer_size = hidden_layer_size
        self.activation = activation
        self.loss = loss
        self.solver = solver
        self.alpha = alpha
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.label_smoothing = label_smoothing
        self.standardize = standardize
        self.batch_size = batch_size
        self.sampling = sampling
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.learning_rate_decay = learning_rate_decay
        self.power_t = power_t
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.max_grad_norm = max_grad_norm
        self.weight_init = weight_init
        self.init_scale = init_scale
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.scoring = scoring
        self.monitor_train = monitor_train
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.dtype = dtype

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what only a running fit needs; name the format."""
        state = dict(cast(dict[str, Any], super().__getstate__()))
        for name in _TRANSIENT:
            state.pop(name, None)
        return marked(state, __version__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read what earlier versions saved too; refuse a later format, and damage."""
        signature = inspect.signature(type(self).__init__).parameters
        defaults = {name: signature[name].default for name in self._get_param_names()}
        name = type(self).__name__
        super().__setstate__(readable(name, defaults, state, __version__))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that sparse X and several labels per row are welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.input_tags.sparse = True
        return tags

    @classmethod
    def from_weights(
        cls,
        coefs: Sequence[ArrayLike],
        intercepts: Sequence[ArrayLike] | None,
        classes: ArrayLike | None,
        **params: Any,
    ) -> Self:
        """Make a fitted classifier from weights that were trained elsewhere.

        To train it further, use `partial_fit`, or `fit` with ``warm_start=True``.

        Parameters
        ----------
        coefs : sequence of two array-likes
            The weights, of shapes (n_features, n_hidden) and (n_hidden, n_outputs);
            copied.
        intercepts : sequence of two array-likes or None
            The biases, of shapes (n_hidden,) and (n_outputs,); copied. None for no
            biases, which sets ``fit_intercept=False``.
        classes : array-like of shape (n_classes,) or None
            The labels in the order of the outputs; sorted, without repeats. None for
            several labels per row: each output is then one label.
        **params : dict
            Parameters of the constructor. `activation` and `loss` should be those that
            the weights were trained with; ``dtype="auto"`` is float32 if both
            `coefs` are, else float64.

        Returns
        -------
        classifier : TwoLayerClassifier
            Fitted, with ``n_iter_`` and ``t_`` zero and an empty ``history_``.

        Raises
        ------
        ValueError
            If shapes do not fit one another or the parameters, or a value is not
            finite.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> coefs = [[[1.0, -1.0]], [[1.0, 0.0], [0.0, 1.0]]]
        >>> clf = TwoLayerClassifier.from_weights(
        ...     coefs, None, ["minus", "plus"], activation="tanh"
        ... )
        >>> clf.predict([[-3.0], [2.0]])
        array(['plus', 'minus'], dtype='<U5')

        With ``classes=None`` a row may have both labels, or none:

        >>> clf = TwoLayerClassifier.from_weights(coefs, None, None, activation="tanh")
        >>> clf.predict([[-3.0], [2.0]])
        array([[0, 1],
               [1, 0]])
        """
        given = {"fit_intercept": intercepts is not None, **params}
        arrays, biases = as_pairs(coefs, intercepts)
        if arrays[0].ndim == 2:
            given.setdefault("hidden_layer_size", arrays[0].shape[1])
        estimator = cls(**given)
        check_parameters(estimator)
        weights, biases = check_weight_arrays(
            arrays,
            biases,
            n_hidden=estimator.hidden_layer_size,
            fit_intercept=estimator.fit_intercept,
            dtype=estimator.dtype,
        )
        n_outputs = weights[1].shape[1]
        settings = Settings.of(estimator, (1, len(weights[0])), weights[0].dtype)
        if classes is None:
            check_several_outputs(n_outputs)
            form, labels = "indicator", np.arange(n_outputs)
        else:
            form, labels = ONE_LABEL, check_sorted_classes(classes, n_outputs)
        targets = targets_of(form, labels, settings.loss, settings.label_smoothing)
        trained = TrainingState.from_weights(settings, targets, weights, biases)
        estimator._publish(trained, names=None)
        return estimator

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
        """Train the network on X and y.

        Ctrl-C ends training with a warning and keeps what was learnt: the weights after
        the last batch, or with `early_stopping` those of the best epoch. A second
        Ctrl-C, or one before or after training, raises KeyboardInterrupt. `fit` has
        then changed nothing, or finished: ``n_iter_`` shows which. If joblib runs this
        call, as in a search, cross-validation or an ensemble, Ctrl-C raises
        KeyboardInterrupt, too, so that no half-trained network is compared.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite. Neither copied nor cast as a whole;
            but sparse formats other than CSR are converted to CSR.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Labels: integers, strings or booleans. For several labels per row an
            indicator matrix with at least two columns: 0 and 1, numbers or booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts: at least 0, not all 0. None for all the same.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation data, scored after each epoch and used by `early_stopping`;
            scaled as X is.
        y_val : array-like, default=None
            Labels of `X_val`, in the form of y; all of them must be in y.
        sample_weight_val : array-like of shape (n_val,), default=None
            How much each sample of `X_val` counts.

        Returns
        -------
        self : TwoLayerClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid, or training diverges before any
            epoch was better than the start. The estimator is then not changed.
        TypeError
            If a value of X is an object that is neither a number nor text.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If training diverged and the weights of an earlier epoch were restored, if
            it ended with a larger loss than it began with (by more than 0.01), if all
            hidden units died after an epoch with a loss less than 0.9 times the last
            one, or if it was interrupted.
        UserWarning
            If y is probably not what was meant: it holds a single class, which is then
            predicted for every row, or an indicator matrix in which every row has
            exactly one label. If `scoring` has no effect, because there is neither
            `early_stopping` nor an `X_val`.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> clf = TwoLayerClassifier(random_state=0, learning_rate_init=0.1)
        >>> clf.fit([[0.0], [1.0]], ["no", "yes"]).predict([[0.1], [0.9]])
        array(['no', 'yes'], dtype='<U3')
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
        # What Ctrl-C keeps an errstate within from undoing, this one undoes.
        with np.errstate():
            check_parameters(self)
            table = check_table(type(self).__name__, X, y)
            trained = self._trained_before() if self.warm_start else None
            dtype = self._dtype_for(table, trained)
            settings = self._settings_for(table.X.shape, dtype, trained)
            data = self._training_data(table, sample_weight, settings)
            validation = self._validation(
                data, table.names, X_val, y_val, sample_weight_val
            )
            with run.blas_threads_for(settings, data) as limit, limit:
                chosen = self._choose(settings, table, data, validation, sample_weight)
                told = {"X": X, "y": y, "metadata": _metadata(sample_weight)}
                self._train(chosen, data, validation, trained, table.names, told)

    def _train(
        self,
        chosen: Chosen,
        data: TrainingData,
        validation: TrainingData | None,
        trained: Trained | None,
        names: np.ndarray | None,
        told: Mapping[str, Any],
        make_trainer: MakeTrainer = build_trainer,
    ) -> None:
        """Train by what was chosen, and publish it; callbacks hear what is told."""
        settings = chosen.settings
        is_watched = settings.early_stopping or validation is not None
        if settings.scorer and not (is_watched or self._compares_by_scoring):
            warn_of_unused(settings.scorer)
        state = self._state(trained, settings, data)

        def attributes() -> dict[str, Any]:
            now = state.export(settings, data, keeps_solver=True)
            return {**chosen.attributes, **self._attributes(now, names, settings)}

        tasks = FitTasks(self, settings.max_iter, attributes=attributes, **told)
        exported = chosen.network or run.fit(
            settings,
            data,
            validation,
            state,
            self._predictor(state, settings, data),
            tasks,
            keeps_solver=self.warm_start,
            make_trainer=make_trainer,
        )
        self._publish(exported, names, settings, chosen.attributes)
        tasks.end_fit()

    def _choose(
        self,
        settings: Settings,
        table: Table,
        data: TrainingData,
        validation: TrainingData | None,
        sample_weight: Any,
    ) -> Chosen:
        """Return the settings to train with, alpha measured where it is automatic."""
        warn_of_doubts(data)
        if not settings.measures_alpha:
            return Chosen(settings)
        alpha = measured_alpha(settings, data, settings.random_stream().spawn(1)[0])
        return Chosen(
            settings if alpha is None else settings.with_measured_alpha(alpha)
        )

    @_with_a_stochastic_solver
    def partial_fit(
        self,
        X: MatrixLike,
        y: LabelsLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: LabelsLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on X and y, continuing from the last call.

        The state of the solver, the random stream, the counters and the learning-rate
        schedule continue from call to call. A call counts as one of the `max_iter`
        epochs of the schedule; after them its last value is used. With
        ``max_iter='auto'`` the number of epochs is unknown, see `learning_rate`.
        Features are standardised by the data of the first call. Sample weights are not
        divided by their mean, as `fit` does, so that they mean the same in every call.
        A call that raises an error, also by Ctrl-C, changes nothing and can be
        repeated. A call that only increases the loss does not warn. Callbacks are not
        called.

        Rows should come in random order, for example by
        :func:`skmlp.streams.shuffled`, because a network forgets a class without new
        rows. If the first ten or more rows are all of one class, and the next ten are
        all of other classes, `partial_fit` warns. It does not check chunks of fewer
        rows, or several labels per row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Labels, all of them in `classes`; for several labels per row 0 and 1.
        classes : array-like of shape (n_classes,), default=None
            All labels that any call may hold. Required in the first call; in later ones
            optional, and the same. Not needed for several labels per row, but
            ``np.unique(y)`` is accepted.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts: at least 0, not all 0. None for 1 each.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation data, scored after the epoch, for `history_`.
        y_val : array-like, default=None
            Labels of `X_val`, in the form of y; all of them must be in `classes`.
        sample_weight_val : array-like of shape (n_val,), default=None
            How much each sample of `X_val` counts.

        Returns
        -------
        self : TwoLayerClassifier
            The estimator after this epoch.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid, or a weight is no longer finite.
            The estimator is then not changed.
        TypeError
            If a value of X is an object that is neither a number nor text.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> clf = TwoLayerClassifier(random_state=0)
        >>> for chunk in ([[0.0], [0.1]], [[0.9], [1.0]]):
        ...     clf = clf.partial_fit(chunk, ["no", "yes"], classes=["no", "yes"])
        >>> clf.n_iter_, clf.t_
        (2, 4)
        """
        # What Ctrl-C keeps an errstate within from undoing, this one undoes.
        with np.errstate():
            check_parameters(self)
            trained = self._trained_before()
            if trained is None:
                table = check_table(type(self).__name__, X, y)
            else:
                table = check_further_table(self, X, y)
            known = None if trained is None else trained.classes
            classes = check_classes(classes, table.labels, known)
            dtype = self._dtype_for(table, trained)
            settings = self._settings_for(
                table.X.shape, dtype, trained, is_planned=False
            )
            if trained is None:
                targets = targets_of(
                    table.form, classes, settings.loss, settings.label_smoothing
                )
                earlier_totals, n_earlier = targets.no_totals(), 0
            else:
                targets = trained.targets(settings)
                earlier_totals = trained.state["class_totals"]
                n_earlier = trained.state["progress"]["n_samples"]
            data = check_chunk(
                table,
                sample_weight,
                targets=targets,
                class_weight=self.class_weight,
                dtype=dtype,
                earlier_totals=earlier_totals,
            )
            validation = self._validation(
                data, table.names, X_val, y_val, sample_weight_val
            )
            warn_of_order(data, earlier_totals, n_earlier)
            with run.blas_threads_for(settings, data) as limit, limit:
                state = self._state(trained, settings, data)
                make_predictor = self._predictor(state, settings, data)
                exported = run.partial_fit(
                    settings, data, validation, state, make_predictor
                )
        self._publish(exported, table.names, settings)
        return self

    def predict(self, X: MatrixLike) -> Labels:
        """Predict the most probable class of each sample, or its labels.

        For several labels per row it predicts those with a probability above 0.5.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        labels : {ndarray, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            With the dtype of `classes_`. For several labels per row 0 and 1: a
            csr_matrix or csr_array if the y of `fit`, or of the first `partial_fit`,
            was a sparse matrix or array.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> clf = TwoLayerClassifier.from_weights([[[2]], [[0, 1]]], None, [0, 1])
        >>> clf.predict([[1.0]])
        array([1])
        """
        X = check_prediction_data(self, X)
        targets = self._targets()
        y = targets.empty(X.shape[0])

        def decide(rows: Any, buffers: Buffers) -> None:
            y[rows] = targets.decide(buffers.logits)

        self._go_forward(X, decide)
        return targets.predicted(y)

    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """Estimate the probability of each class for each sample.

        For the losses 'log_loss' and 'brier' it is the softmax of the logits. For
        'squared_error' it is the vector of probabilities nearest to the linear outputs,
        which may be outside of [0, 1].

        For several labels per row it is the probability of each label: for 'log_loss'
        and 'brier' the logistic function of its logit, for 'squared_error' its output,
        clipped to [0, 1].

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_outputs)
            In the order of `classes_`; each row sums to one, unless it may have several
            labels. float32 or float64, as the weights.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> clf = TwoLayerClassifier.from_weights([[[2.0]], [[0, 1]]], None, [0, 1])
        >>> clf.predict_proba([[0.0], [1.0]]).round(3)
        array([[0.5  , 0.5  ],
               [0.119, 0.881]])
        """
        X = check_prediction_data(self, X)
        return self._linked_logits(X, self._targets().loss.link)

    def predict_log_proba(self, X: MatrixLike) -> np.ndarray:
        """Estimate the logarithm of the probability of each class for each sample.

        For several labels per row, of each label.

        It is computed from the logits, so that it is finite and exact even if the
        probability itself is rounded to zero. For the loss 'squared_error' a
        probability of zero counts as the smallest normal number.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_outputs)
            In the order of `classes_`; float32 or float64, as the weights.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> clf = TwoLayerClassifier.from_weights([[[1.0]], [[0, 1]]], None, [0, 1])
        >>> clf.predict_log_proba([[5000.0]])
        array([[-5000.,     0.]])
        """
        X = check_prediction_data(self, X)
        return self._linked_logits(X, self._targets().loss.log_link)

    def decision_function(self, X: MatrixLike) -> np.ndarray:
        """Compute the logits, or for two classes their difference.

        For several labels per row one number per label, above 0 if it is predicted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            For two classes the logit of ``classes_[1]`` minus that of ``classes_[0]``;
            for several labels per row, also for two, the logit of each, for
            'squared_error' minus 0.5. float32 or float64, as the weights.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> clf = TwoLayerClassifier.from_weights([[[2.0]], [[0, 1]]], None, [0, 1])
        >>> clf.decision_function([[0.0], [1.0]])
        array([0., 2.])
        """
        X = check_prediction_data(self, X)
        targets = self._targets()
        scores = targets.empty_scores(X.shape[0], self.coefs_[0].dtype)

        def write(rows: Any, buffers: Buffers) -> None:
            scores[rows] = targets.scores(buffers.logits)

        self._go_forward(X, write)
        return scores

    def score(
        self,
        X: MatrixLike,
        y: LabelsLike,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """Compute the accuracy: the share of samples whose class is predicted.

        For several labels per row it is the subset accuracy: the share of samples for
        which every label is predicted correctly.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Their labels, in the form that `fit` got.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts: at least 0, not all 0. None for all the same.

        Returns
        -------
        accuracy : float
            Between 0 and 1.

        Examples
        --------
        >>> from skmlp import TwoLayerClassifier
        >>> clf = TwoLayerClassifier.from_weights([[[2]], [[0, 1]]], None, [0, 1])
        >>> clf.score([[1.0], [2.0]], [1, 0])
        0.5
        """
        predicted = self.predict(X)
        labels, weight = check_scored_data(predicted, y, sample_weight)
        return float(accuracy_score(labels, predicted, sample_weight=weight))

    @property
    def loss_curve_(self) -> list[float]:
        """The loss of each epoch."""
        return self.history_.get("loss", [])

    @property
    def loss_(self) -> float:
        """The loss of the last epoch."""
        return self.loss_curve_[-1] if self.loss_curve_ else math.nan

    @property
    def best_loss_(self) -> float:
        """The lowest loss of an epoch."""
        return min(self.loss_curve_, default=math.nan)

    @property
    def validation_scores_(self) -> list[float] | None:
        """The score on the validation data of each epoch, or None."""
        name = self._training_state["score_name"]
        if name not in self.history_:
            return None
        return [watched_score(name, value) for value in self.history_[name]]

    @property
    def best_validation_score_(self) -> float | None:
        """The highest validation score since the last fit began, or None."""
        return max(self._scores_by_epoch().values(), default=None)

    @property
    def best_epoch_(self) -> int | None:
        """The first epoch with the highest validation score, or None."""
        scores = self._scores_by_epoch()
        return max(scores, key=scores.__getitem__, default=None)

    def _scores_by_epoch(self) -> dict[int, float]:
        """Return the validation scores since the last fit began, without NaN."""
        first = self._training_state["progress"]["planned_from"]
        scores = self.validation_scores_
        if scores is None:
            return {}
        pairs = zip(self.history_["epoch"], scores, strict=True)
        return {
            int(epoch): score
            for epoch, score in pairs
            if epoch > first and not math.isnan(score)
        }

    @property
    def n_layers_(self) -> int:
        """The number of layers, the input among them."""
        return len(self.coefs_) + 1

    @property
    def n_outputs_(self) -> int:
        """The number of outputs, one per class, or per label."""
        return len(self.classes_)

    @property
    def out_activation_(self) -> str:
        """The activation of the outputs."""
        check_is_fitted(self)
        return self._targets().loss.out_activation

    def _trained_activation(self) -> Activation:
        """Return the activation that the network was trained with."""
        choice = self._training_state["activation"]
        return ready(entry_of(ACTIVATIONS, choice), {})

    def _targets(self) -> Targets:
        """Return what the outputs of the network mean, by the loss of its training."""
        kept = self._training_state
        loss = ready(entry_of(LOSSES, kept["loss"]), {})
        return targets_of(kept["form"], self.classes_, loss, self.label_smoothing)

    def _trained_before(self) -> Trained | None:
        """Return the network that training goes on with, if there is one."""
        return self._trained() if hasattr(self, "coefs_") else None

    def _trained(self) -> Trained:
        """Return the network that is there."""
        return Trained(
            self.classes_,
            self.coefs_,
            self.intercepts_,
            self.history_,
            self._training_state,
        )

    def _dtype_for(self, table: Table, trained: Trained | None) -> np.dtype:
        """Return the precision; training that goes on keeps its own."""
        return (
            computation_dtype(self.dtype, table.X) if trained is None else trained.dtype
        )

    def _settings_for(
        self,
        shape: tuple[int, int],
        dtype: np.dtype,
        trained: Trained | None,
        *,
        is_planned: bool = True,
    ) -> Settings:
        """Return the settings for X of a shape, of training that begins or goes on."""
        settings = Settings.of(self, shape, dtype, is_planned=is_planned)
        if trained is None:
            return settings
        return settings.for_going_on(trained.state["measured_alpha"])

    def _state(
        self, trained: Trained | None, settings: Settings, data: TrainingData
    ) -> TrainingState:
        """Return the state that the last call ended with, or that before the first."""
        if trained is None:
            return TrainingState.start(settings, data)
        return TrainingState.resume(trained, settings, data)

    def _training_data(
        self, table: Table, sample_weight: Any, settings: Settings
    ) -> TrainingData:
        """Check what `fit` trains on, and encode the labels."""
        classes = classes_of(table.labels)
        return check_training_data(
            table,
            sample_weight,
            targets=targets_of(
                table.form, classes, settings.loss, settings.label_smoothing
            ),
            class_weight=self.class_weight,
            dtype=settings.dtype,
        )

    def _validation(
        self,
        data: TrainingData,
        names: np.ndarray | None,
        X: Any,
        y: Any,
        sample_weight: Any,
    ) -> TrainingData | None:
        """Check the validation data, where there is some."""
        return check_validation_data(
            type(self).__name__,
            data,
            names,
            X,
            y,
            sample_weight,
            self.class_weight,
        )

    def _predictor(
        self, state: TrainingState, settings: Settings, data: TrainingData
    ) -> Callable[[], BaseEstimator]:
        """Return what makes a classifier of the network as it is then, for scorers."""

        def make_predictor() -> BaseEstimator:
            predictor = copy.copy(self)
            trained = state.export(settings, data, keeps_solver=False)
            predictor._publish(trained, None, settings)
            return predictor

        return make_predictor

    def _attributes(
        self, trained: Trained, names: np.ndarray | None, settings: Settings | None
    ) -> dict[str, Any]:
        """Return the fitted attributes, by name."""
        progress = trained.state["progress"]
        attributes = {
            "classes_": trained.classes,
            "coefs_": trained.coefs,
            "intercepts_": trained.intercepts,
            "history_": trained.history,
            "n_iter_": progress["n_epochs"],
            "t_": progress["n_samples"],
            "n_features_in_": len(trained.coefs[0]),
            "_training_state": trained.state,
        }
        if names is not None:
            attributes["feature_names_in_"] = names
        if settings is not None:
            attributes |= {f"{name}_": getattr(settings, name) for name in _NUMBERS}
        return attributes

    def _publish(
        self,
        trained: Trained,
        names: np.ndarray | None,
        settings: Settings | None = None,
        chosen: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Set all that is learnt at once, so that it is always of one piece.

        CPython looks for Ctrl-C when a function begins, when one written in C has
        ended, and in loops. An assignment that only returns follow is not interrupted:
        who called has either this result or the exception.
        """
        kept = {k: v for k, v in vars(self).items() if k != "feature_names_in_"}
        self.__dict__ = kept | {**chosen, **self._attributes(trained, names, settings)}

    def _linked_logits(
        self, X: Matrix, link: Callable[[np.ndarray], None]
    ) -> np.ndarray:
        """Return the logits, a row per sample, after a link has changed them."""
        linked = np.empty((X.shape[0], self.n_outputs_), self.coefs_[0].dtype)

        def write(rows: Any, buffers: Buffers) -> None:
            link(buffers.logits)
            linked[rows] = buffers.logits.T

        self._go_forward(X, write)
        return linked

    def _computes_by_ours(self) -> bool:
        """Return whether neither activation nor loss is one that a user wrote."""
        kept = self._training_state
        return isinstance(kept["activation"], str) and isinstance(kept["loss"], str)

    def _go_forward(
        self,
        X: Matrix,
        take: Callable[[Any, Buffers], None],
        *,
        goes_back: bool = False,
    ) -> None:
        """Go forward over X in blocks of rows; hand out the buffers of each.

        They hold Z, H and the logits, and with `goes_back` room for the way back. What
        overflows on the way is infinite, without a warning.
        """
        layers, standardization = self._trained().to_compute()
        activation = self._trained_activation()
        (n_features, n_hidden), dtype = layers.W1.shape, layers.W1.dtype
        n_outputs = self.n_outputs_
        n_rows = min(block_rows(n_features, n_hidden, n_outputs), X.shape[0])
        is_given_up = Event()

        def hand_out(rows: range) -> None:
            """Hand out those of some rows; threads may share the work by rows."""
            workspace = Workspace(
                n_rows, n_hidden, n_outputs, dtype, goes_back=goes_back
            )
            blocks = blocks_of(X, n_rows, dtype, rows, standardization)
            with np.errstate(over="ignore", invalid="ignore"):
                for key, block in until(is_given_up, blocks):
                    if not holds_finite_numbers(block):
                        names = getattr(self, "feature_names_in_", None)
                        check_finite(X, dtype, names)
                    buffers = workspace[block.shape[0]]
                    logits = forward(layers, block, buffers, activation)
                    if not are_finite(logits):
                        raise OverflowInPrediction(X, dtype)
                    take(key, buffers)

        n_threads = 1
        if self._computes_by_ours():
            n_multiplications = X.shape[0] * numbers_per_row(X) * n_hidden
            n_threads = threads_of_rows(self.n_jobs, n_multiplications)
        shares = [range(X.shape[0])[part] for part in ranges(X.shape[0], n_threads)]
        with threads_of_prediction(n_rows, n_features, n_hidden) as limit, limit:
            side_by_side(hand_out, shares, given_up=is_given_up)
