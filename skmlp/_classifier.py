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
# What is predicted: an array, but where y was sparse a sparse matrix or array. That is
# Any, so that nobody who has an array has to say so.
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

    A row has one label, or several (multilabel classification): y is then an indicator
    matrix, with a column of 0 and 1 for each label. Each output is a logistic output
    for one label, :math:`\ell` the sum of the losses of the labels, and
    `class_weight` weighs these.

    Parameters
    ----------
    hidden_layer_size : int, default=256
        The number of hidden units, at least 1.

    activation : str, Activation or class, default='relu'
        The function f of the hidden layer: a name, or a pair of your own, see
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
        What is minimised, with t the one-hot (or smoothed) target: a name, or your own,
        see :class:`skmlp.losses.Loss`.

        - 'log_loss': cross-entropy of p = softmax(o), the negative sum of t log p.
        - 'squared_error': ½‖o − t‖² with linear outputs. `predict_proba` is then the
          vector of probabilities nearest to the outputs in the Euclidean sense, which
          may hold zeros and ones.
        - 'brier': ‖p − t‖² with p = softmax(o).

        For several labels per row p is the logistic function of each logit, t holds 0
        and 1, and 'log_loss' is the sum of the binary cross-entropies of the labels.
        The others are the same formulas, but 'squared_error' has for probabilities the
        outputs themselves, cut off at 0 and 1. A loss of your own says by its method
        ``multilabel`` what it is then, see :class:`skmlp.losses.MultilabelLoss`.

    solver : str, Solver or class, default='adamw'
        How it is minimised: a name, or your own, see :class:`skmlp.solvers.Solver`.
        Here as for `activation`, `loss`, `learning_rate` and `weight_init`, an instance
        keeps the parameters that it was made with; a name or a class takes those of the
        parameters below that it names in `options`.

        - 'adam': Adam [1]_; `alpha` acts through the gradient.
        - 'adamw': Adam with decoupled weight decay [2]_; each step shrinks the weights
          by the learning rate times `alpha`, and the objective has no penalty.
        - 'sgd': stochastic gradient descent with `momentum`.
        - 'lbfgs': SciPy's L-BFGS on the whole training set. Neither `batch_size`,
          `sampling` nor the learning rate have a say, and dropout is refused.

    alpha : float or 'auto', default='auto'
        Strength of the L2 penalty on the weights, for 'adamw' of their decay, not on
        the biases; at least 0. Its effect does not depend on the batch size: `alpha`
        here is `MLPClassifier`'s divided by its batch size. For 'adamw', `alpha` times
        the learning rate is the share that a step takes of the weights; it should be
        much less than 1.

        With 'auto' and 'adamw', `fit` measures which of 0.07, 0.2, 0.7, 2 and 7 is
        best, because noisy tables want a hundred times what clean ones want: networks
        with a quarter of the units are trained half as long side by side, in float32,
        on three quarters of the rows, and have their loss compared on the fourth; of
        fewer than 1000 rows up to four quarters are held out in turn. That takes about
        a third of the time of the training of 'auto' length that follows, on all rows.
        With several labels per row `alpha_` is twice the best one between those: there
        the larger networks that follow want more decay.
        Training that goes on with `warm_start` or `partial_fit` keeps what was
        measured.

        Not measured, 'auto' is 60 over the root of n_samples, at least 0.3 and at most
        0.9: with fewer than 80 rows, or 8 per class (for several labels, per stratum as
        `early_stopping` makes them); with more than 2\ :sup:`23`
        numbers in X, or wide sparse X; with weights given as arrays, or an activation
        or initialiser of your own; where no candidate has a finite loss; and where
        training began with `partial_fit`, in which n_samples is the number of rows of
        the call, or with `from_weights`. For the other solvers it is 0.001.

    dropout : float, default=0.0
        The share of hidden units dropped at each step of training, in [0, 1) [3]_.

    input_dropout : float, default=0.0
        The share of features dropped at each step of training, in [0, 1).

    label_smoothing : float, default=0.0
        The share of the target that is spread evenly over all classes, in [0, 1) [4]_;
        for several labels per row over the absence and the presence of each: 0 and 1
        become ε/2 and 1 − ε/2.

    standardize : bool, default=True
        Whether to train as if every feature had mean 0 and a scale of the order of 1
        [10]_, so that no scaler is needed in front: X is neither changed nor copied,
        sparse X stays sparse, and `coefs_` and `intercepts_` are those for X as it is.
        From the weighted data of the first call, and then fixed, the center of a
        feature is its mean, its scale the standard deviation or a quarter of its
        range, whichever is larger, rounded to a power of two. A constant feature is
        not centred, and scaled by its size. Outliers, at most one in fifty of the
        values that differ from the median, are left out of both, and training counts
        what is more than 6 scales from the center as 6 scales, but for the zeros of
        sparse X; predictions take it as it is. Where the first call holds fewer than 20
        rows and no outlier, there is no such limit. The penalty and the initial weights
        (but for a pair of arrays) are those for standardised features. With
        ``fit_intercept=False``, and on wide sparse X, features are scaled but not
        centred, and the limit is 6 plus the largest center, in scales.

    batch_size : int, 'auto' or None, default='auto'
        Rows per step; 'auto' is n_samples / 25, but at least 32 and at most 256; None
        is the whole training set, that is gradient descent. More than there are rows
        counts as all.

    sampling : {'shuffle', 'sequential', 'replacement'}, default='shuffle'
        How batches are drawn.

        - 'shuffle': every row once per epoch, in a new order each time.
        - 'sequential': every row once per epoch, in the order of X.
        - 'replacement': as many rows as there are, each drawn independently.

    learning_rate : str, Schedule, class or callable, default='one_cycle'
        The schedule: what `learning_rate_init` is multiplied by. `share` is the share
        of the planned `max_iter` epochs that is done, growing from batch to batch. In
        `partial_fit` with ``max_iter='auto'`` nothing is planned: 'invscaling' takes
        the place of 'cosine', 'one_cycle' and of a callable.

        - 'constant': 1.
        - 'exponential': `learning_rate_decay` to the power of the epoch, from 0.
        - 'invscaling': 1 / (epoch + 1) to the power of `power_t`.
        - 'cosine': half a cosine from 1 to 0.001 [5]_.
        - 'one_cycle': a linear rise from 1/25 to 1 over the first 30 %, then half a
          cosine to 0.001 [6]_.
        - 'adaptive': a fifth of what it was whenever the training loss (with
          `early_stopping` the validation score) has not improved by more than `tol`
          for `n_iter_no_change` epochs in a row; once it is at most 1e-6, the next such
          plateau ends training.
        - callable: takes `share`, a float in [0, 1], and returns the multiplier.
        - a :class:`skmlp.schedules.Schedule` or a class of them.

    learning_rate_init : float or 'auto', default='auto'
        The learning rate before the schedule; positive. 'auto' is 0.13 over the root of
        n_features, but at most 0.04: right for a schedule that ends low, with
        standardised features.

    learning_rate_decay : float, default=0.95
        The factor per epoch of the schedule 'exponential', in (0, 1].

    power_t : float, default=0.5
        The exponent of the schedule 'invscaling'; at least 0.

    momentum : float, default=0.9
        Momentum of the solver 'sgd', in [0, 1); 0 for none.

    nesterovs_momentum : bool, default=True
        Whether the momentum is Nesterov's or the classical one.

    beta_1 : float, default=0.9
        Decay per step of the mean gradient of 'adam' and 'adamw', in [0, 1).

    beta_2 : float, default=0.999
        Decay per step of the mean squared gradient of 'adam' and 'adamw', in [0, 1).

    epsilon : float, default=1e-8
        What 'adam' and 'adamw' add to the root of the mean square; positive.

    max_grad_norm : float or None, default=None
        A gradient whose Euclidean norm, over all parameters, is larger is scaled to
        this norm; None for no bound. Without effect on 'lbfgs'.

    weight_init : str, callable, class or pair of arrays, default='auto'
        The initial weights of both layers; biases start at zero.

        - 'auto': 'he' for 'relu' and its kin ('leaky_relu', 'elu', 'softplus', 'silu',
          'gelu'), 'glorot' otherwise.
        - 'he': uniform within ±√(6 / fan_in) [7]_.
        - 'glorot': uniform within ±√(6 / (fan_in + fan_out)) [8]_.
        - 'lecun': uniform within ±√(3 / fan_in).
        - 'normal': normal with mean 0 and standard deviation `init_scale`.
        - 'uniform': uniform within ± `init_scale`.
        - 'fan_product': uniform within ±1 / √(fan_in fan_out).
        - callable: called as ``weight_init(W, rng)`` for each layer; fills ``W``, of
          shape (fan_in, fan_out), in place; ``rng`` is a `numpy.random.Generator`.
          Also an instance or class of :class:`skmlp.initializers.Initializer`.
        - pair of arrays: of shapes (n_features, hidden_layer_size) and
          (hidden_layer_size, n_outputs).

    init_scale : float or pair of floats, default=0.05
        The standard deviation of 'normal', the bound of 'uniform'; positive. A pair
        holds one for the hidden and one for the output layer.

    fit_intercept : bool, default=True
        Whether the layers have biases. If False, both stay zero.

    class_weight : dict, list of dicts, 'balanced' or None, default=None
        The weight of each class, multiplied by `sample_weight`. 'balanced' weighs a
        class by n_samples / (n_classes * its samples), counted by `sample_weight`; in
        `partial_fit`, over all rows seen so far.

        For several labels per row 'balanced', or a list with a dict (or 'balanced') per
        column of y, such as ``[{0: 1, 1: 5}, {}]``, weighs the absence (0) and the
        presence (1) of each label in the loss of that label alone. Scikit-learn's trees
        take such a list, too, but multiply the weights of a row's labels into one
        weight of the row. `fit` divides them by their mean over all labels of all rows,
        so that only their ratios count; `partial_fit` takes them as they are.

    max_iter : int or 'auto', default='auto'
        The number of epochs, that is of passes over the training set; of iterations
        for 'lbfgs'. To finish them is success and warns of nothing. 'auto' is as many
        as 1500 steps take, but at least 10 and at most 50; 200 for 'lbfgs'.

    early_stopping : bool, default=False
        Whether to stop when the score on validation data has not improved by more than
        `tol` for `n_iter_no_change` epochs in a row, and to restore the weights of the
        best epoch. With 'one_cycle', 'cosine' or a callable as the schedule, the
        learning rate falls first: what is left of the plan is shortened to
        `n_iter_no_change` epochs. Validation data is `X_val` where `fit` is given it,
        else a part of the training data, stratified by class: a class with at least two
        rows keeps one on each side, one with a single row is trained on. Of several
        labels per row the rarest one tells the stratum, a simple form of [11]_; strata
        of less than 5 % of the rows are taken together. Where the part would be smaller
        than two rows per class or stratum, a warning is given and the training data
        itself is watched. `partial_fit` holds nothing out and never stops.

    validation_fraction : float, default=0.1
        The share of rows that `early_stopping` holds out, in (0, 1).

    n_iter_no_change : int, default=10
        For how many epochs the score may stand still; at least 1.

    tol : float, default=1e-4
        What counts as an improvement of the score; for 'lbfgs' also the largest entry
        of the gradient at which it has converged.

    scoring : str or callable, default='loss'
        The score that `early_stopping` watches: 'loss' (the negative loss, without the
        penalty), the name of a scorer of scikit-learn, or a callable
        ``scoring(estimator, X, y)`` that returns a number. Greater is better; NaN is no
        improvement. Where samples or classes are weighted, a scorer that has a
        parameter ``sample_weight`` is passed their product; the class weights of
        several labels per row, which are no weights of rows, count in 'loss' alone.
        With an `X_val` and without early stopping it is measured for `history_`;
        without either it has no effect, and `fit` warns, but for fits within a search.

    monitor_train : bool, default=False
        Whether to measure, after each epoch, the loss (without the penalty and without
        dropout), the accuracy on the training data, and the share of hidden units that
        are active on it, for `history_`. It costs about two fifths of an epoch.

    warm_start : bool, default=False
        Whether `fit` starts from the weights, the state of the solver and the random
        stream that the last call ended with, and trains `max_iter` epochs more. With a
        constant learning rate two fits of 50 epochs equal one of 100, to the bit. What
        counts the share of training done or plateaus begins anew, as does what 'lbfgs'
        remembers of past steps.

    n_jobs : int or None, default=None
        At most so many threads train, and predict; -1 for as many as there are cores.
        None leaves it to the machine: the cores that joblib counts, but no more than
        BLAS is allowed, which in loky's workers is their share of the cores, and one in
        other pools' workers and in threads other than the main one. There are fewer
        where more would not pay: a step of training takes several from 12 million
        multiplications of X and the weights on. How many, and with which parameters
        training takes one, is in :ref:`the guide <threads>`.

    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the batches, dropout and the hold-out. An int makes
        `fit` reproducible to the bit on one machine, by the same number of threads; for
        another it differs by rounding, and with `dropout` by the units dropped.

    verbose : bool or int, default=False
        Whether to print one line per epoch; an int k prints every k epochs. A star
        marks the best epoch so far, by what `early_stopping` watches or would watch; a
        line before the first epoch says so. For a progress bar see
        :class:`sklearn.callback.ProgressBar`.

    dtype : {'auto', 'float32', 'float64'}, default='auto'
        In which precision the network computes: 'auto' is float64 for float64 X and
        float32 for all else. X itself is never copied or cast as a whole. Training that
        goes on keeps the precision that it began with.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; for several labels per row the numbers of the columns of y,
        ``arange(n_labels)``, as `MLPClassifier` has them.

    coefs_ : list of two ndarrays
        The weights, of shapes (n_features, hidden_layer_size) and
        (hidden_layer_size, `n_outputs_`).

    intercepts_ : list of two ndarrays
        The biases, of shapes (hidden_layer_size,) and (`n_outputs_`,).

    n_features_in_ : int
        The number of features seen when fitting.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the features, where X had names that are all strings.

    history_ : dict of lists
        One entry per epoch in each of 'epoch', 'loss' (the mean of the objective over
        the epoch's batches), 'learning_rate' (of its last step) and 'seconds' (of
        training, without measuring); with validation data also in 'val_loss' (without
        the penalty), 'val_accuracy' and the name of the scorer; with `monitor_train` in
        'train_loss', 'train_accuracy' and 'active_units', the share of hidden units
        that are not dead: a dead one has the same output for every training row and a
        derivative of zero, as a unit of 'relu' that is never positive. Accuracy is what
        `score` computes. NaN where an epoch was not measured. Ready for
        ``pandas.DataFrame(clf.history_)``. `partial_fit` keeps the last 1000.

    n_iter_ : int
        The number of epochs trained, over all calls of `partial_fit` or, with
        `warm_start`, of `fit`.

    t_ : int
        The number of rows learnt from, each counted as often as it was used.

    alpha_, learning_rate_init_ : float
        What `alpha` and `learning_rate_init` were in the last call of `fit` or
        `partial_fit`: 'auto' as a number, and for a solver that was given as an
        instance with an `alpha` of its own that one.

    batch_size_, max_iter_ : int
        The same of `batch_size`, where None is the number of rows, and of `max_iter`.

    loss_ : float
        The loss of the last epoch.

    best_loss_ : float
        The lowest loss of an epoch.

    loss_curve_ : list of float
        ``history_["loss"]``.

    validation_scores_ : list of float or None
        The score on the validation data, one per epoch; greater is better. None
        where there was no validation data.

    best_validation_score_ : float or None
        The highest of them since the last `fit` began.

    best_epoch_ : int or None
        The epoch, counted from 1 as in ``history_["epoch"]``, that had it.

    n_layers_ : int
        3, counting the input layer.

    n_outputs_ : int
        The number of outputs, one per class, for two classes too; or one per label.

    out_activation_ : {'softmax', 'logistic', 'identity'}
        The activation of the outputs: 'logistic' for several labels per row; 'identity'
        for the loss 'squared_error'.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : A perceptron of any number of layers.
    sklearn.ensemble.HistGradientBoostingClassifier : Boosted trees, the other choice
        for tables.

    Notes
    -----
    No scaler is needed in front, because of `standardize`; a scaler does no harm.

    The defaults were chosen by a sweep over data sets of many kinds, which
    ``benchmarks/default_sweep.py`` repeats; the page on defaults shows its table.

    Wide sparse X: where a batch has numbers for less than half of the features, steps
    move only the weights of these features [9]_. Moments and velocity decay at each
    step, as in a dense one, but the weights of an absent feature wait, for what
    momentum, penalty or decay would do to them, until it is there again. Features are
    then scaled, but not centred.

    A sample of a mini-batch counts by its weight over (rows of the batch × mean weight
    of the training set), so that the gradient of a batch is unbiased.

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
    .. [9] `torch.optim.SparseAdam` and TensorFlow's `LazyAdam` do so, but let moments
       of absent features stay as they are.
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
        """Make a fitted classifier from weights that came from elsewhere.

        It predicts, and it trains on: with `partial_fit`, or with `fit` and
        ``warm_start=True``.

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
            several labels per row: each output is then a label by itself.
        **params : dict
            Parameters of the constructor. `activation` and `loss` should be those that
            the weights were trained with; ``dtype="auto"`` is float32 where both
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
        the last batch, or with `early_stopping` those of the best epoch. Before
        training has begun, a second time, or after the result is there it raises
        KeyboardInterrupt: `fit` has then done nothing or all, as ``n_iter_`` tells. It
        raises KeyboardInterrupt, too, where joblib runs this call, as in a search,
        cross-validation or an ensemble: these end then, and rank nothing that is half
        trained.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite. Neither copied nor cast as a whole,
            but for sparse formats other than CSR, which are converted to it.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Labels: integers, strings or booleans. Or for several labels per row (at
            least two columns) an indicator matrix: 0 and 1, numbers or booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts: at least 0, not all 0. None for all the same.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation data, measured after each epoch and watched by `early_stopping`;
            scaled as X is.
        y_val : array-like, default=None
            Its labels, as y has them, all of them in y.
        sample_weight_val : array-like of shape (n_val,), default=None
            How much each of its samples counts.

        Returns
        -------
        self : TwoLayerClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid, or training diverges before any
            epoch was better than the start. The estimator is then left as it was.
        TypeError
            If a value of X is an object of a type that is neither number nor text.

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
        """Train for one epoch over X and y, from where the last call ended.

        The state of the solver, the random stream, the counters and the learning-rate
        schedule go on from call to call; a call counts as one of the `max_iter` epochs
        that the schedule plans with, and after them its last value holds. With
        ``max_iter='auto'`` nothing is planned, see `learning_rate`. Features are
        standardised by what the first call held. Weights are taken as they are: those
        of one call are not measured by their mean, as `fit` does, so that they mean the
        same in every call. A call that raises, by Ctrl-C too, changes nothing, so that
        it can be repeated; one that only makes the loss larger does not warn. Callbacks
        are not called.

        Rows should come in random order, for instance by
        :func:`skmlp.streams.shuffled`, because a network forgets a class of which no
        more rows come. Where the first ten or more rows are all of one class, and those
        that follow all of others, a warning is given in the call that brings the first
        ten of these. Chunks of fewer rows, and several labels per row, are not looked
        at.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Labels, all of them among `classes`; or for several labels per row 0 and 1.
        classes : array-like of shape (n_classes,), default=None
            All labels that any call may hold. Needed in the first call, optional, but
            the same, in later ones. For several labels per row they are not needed;
            ``np.unique(y)`` may be passed all the same.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each sample counts: at least 0, not all 0. None for 1 each.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation data, measured after the epoch, for `history_`.
        y_val : array-like, default=None
            Its labels, as y has them, all of them in `classes`.
        sample_weight_val : array-like of shape (n_val,), default=None
            How much each of its samples counts.

        Returns
        -------
        self : TwoLayerClassifier
            The estimator, trained on.

        Raises
        ------
        ValueError
            If a parameter or an argument is invalid, or a weight is no longer finite.
            The estimator is then left as it was.
        TypeError
            If a value of X is an object of a type that is neither number nor text.

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
        """Predict the most probable class of each sample, or which labels it has.

        Of several labels per row those are predicted whose probability is above 0.5.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        labels : {ndarray, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            With the dtype of `classes_`. For several labels per row 0 and 1: a
            csr_matrix or csr_array where the y of `fit`, or of the first `partial_fit`,
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

        For the losses 'log_loss' and 'brier' the softmax of the logits; for
        'squared_error', whose linear outputs estimate probabilities but may leave
        [0, 1], the vector of probabilities nearest to them.

        For several labels per row the probability of each label by itself: for
        'log_loss' and 'brier' the logistic function of its logit, for 'squared_error'
        the nearest number in [0, 1] to its output.

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

        Of several labels per row, of each label.

        Computed from the logits, so that it is finite and exact where the probability
        itself would be rounded to zero. For the loss 'squared_error' a probability of
        zero counts as the smallest normal number.

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

        For several labels per row a number per label, above 0 where it is predicted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            For two classes the logit of ``classes_[1]`` minus that of ``classes_[0]``;
            for several labels per row, also for two, the logit of each, under
            'squared_error' less 0.5. float32 or float64, as the weights.

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

        For several labels per row it is the subset accuracy: the share of samples of
        which every label is predicted rightly.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Features of any numeric dtype, finite.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Their labels, as they were in `fit`.
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
