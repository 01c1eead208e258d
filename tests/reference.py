"""The textbook network: what skmlp computes, written to be read and slow.

Independent of skmlp: rows are samples, targets are one-hot, every step allocates, each
formula is the one of the textbook. Weights are a dict of W1, b1, W2, b2.
"""

import numpy as np
from scipy import optimize
from scipy.stats import norm


def logistic(z):
    return 1 / (1 + np.exp(-z))


# name: (f, f')
ACTIVATIONS = {
    "relu": (lambda z: np.where(z > 0, z, 0), lambda z: np.where(z > 0, 1, 0)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "logistic": (logistic, lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "identity": (lambda z: z, np.ones_like),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1, 0.01),
    ),
    "elu": (
        lambda z: np.where(z > 0, z, np.exp(z) - 1),
        lambda z: np.where(z > 0, 1, np.exp(z)),
    ),
    "softplus": (lambda z: np.log(1 + np.exp(z)), logistic),
    "silu": (
        lambda z: z * logistic(z),
        lambda z: logistic(z) + z * logistic(z) * (1 - logistic(z)),
    ),
    "gelu": (lambda z: z * norm.cdf(z), lambda z: norm.cdf(z) + z * norm.pdf(z)),
}


def softmax(o):
    return np.exp(o) / np.exp(o).sum(axis=1, keepdims=True)


def log_loss(o, t):
    p = softmax(o)
    return -(t * np.log(p)).sum(axis=1), p - t


def squared_error(o, t):
    return ((o - t) ** 2).sum(axis=1) / 2, o - t


def brier(o, t):
    p = softmax(o)
    jacobians = [np.diag(row) - np.outer(row, row) for row in p]
    gradient = [J @ e for J, e in zip(jacobians, 2 * (p - t), strict=True)]
    return ((p - t) ** 2).sum(axis=1), np.array(gradient)


# name: (o, t) -> loss of each row and its gradient with respect to o
LOSSES = {"log_loss": log_loss, "squared_error": squared_error, "brier": brier}


def log_loss_of_labels(o, t):
    p = logistic(o)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)), p - t


def squared_error_of_labels(o, t):
    return (o - t) ** 2 / 2, o - t


def brier_of_labels(o, t):
    p = logistic(o)
    return (p - t) ** 2, 2 * (p - t) * p * (1 - p)


# name: (o, t) -> loss of each label of each row and its derivative with respect to o
LOSSES_OF_LABELS = {
    "log_loss": log_loss_of_labels,
    "squared_error": squared_error_of_labels,
    "brier": brier_of_labels,
}


def objective(
    weights,
    X,
    y,
    sample_weight,
    *,
    activation="relu",
    loss="log_loss",
    alpha=0.0,
    label_smoothing=0.0,
    weights_of_labels=1.0,
):
    """Return Σ wᵢ lossᵢ + alpha/2 ‖W‖² and its gradient.

    y holds a class per row; or 0 and 1 in a column for each of several labels, whose
    losses may have weights: an array of the same columns.
    """
    f, derivative = ACTIVATIONS[activation]
    n_outputs = len(weights["b2"])
    z = X @ weights["W1"] + weights["b1"]
    h = f(z)
    o = h @ weights["W2"] + weights["b2"]
    if y.ndim == 1:
        t = np.eye(n_outputs)[y] * (1 - label_smoothing) + label_smoothing / n_outputs
        losses, do = LOSSES[loss](o, t)
    else:
        t = y * (1 - label_smoothing) + label_smoothing / 2
        losses, do = LOSSES_OF_LABELS[loss](o, t)
        losses = (weights_of_labels * losses).sum(axis=1)
        do = weights_of_labels * do
    do = do * sample_weight[:, np.newaxis]
    dz = (do @ weights["W2"].T) * derivative(z)
    gradient = {
        "W1": X.T @ dz + alpha * weights["W1"],
        "b1": dz.sum(axis=0),
        "W2": h.T @ do + alpha * weights["W2"],
        "b2": do.sum(axis=0),
    }
    penalty = alpha / 2 * ((weights["W1"] ** 2).sum() + (weights["W2"] ** 2).sum())
    return (sample_weight * losses).sum() + penalty, gradient


def sgd(weights, gradient_of, batches, rate, *, momentum=0.9, nesterovs_momentum=True):
    """Return the weights after a step for each batch in turn."""
    velocity = dict.fromkeys(weights, 0)
    for batch in batches:
        gradient = gradient_of(weights, batch)
        velocity = {k: momentum * velocity[k] - rate * gradient[k] for k in weights}
        if nesterovs_momentum:
            step = {k: momentum * velocity[k] - rate * gradient[k] for k in weights}
        else:
            step = velocity
        weights = {k: weights[k] + step[k] for k in weights}
    return weights


def adam(weights, gradient_of, batches, rate, *, weight_decay=0.0):
    """Kingma & Ba (2015), algorithm 1; Loshchilov & Hutter (2019), algorithm 2."""
    m = v = dict.fromkeys(weights, 0)
    decay = {name: weight_decay if name[0] == "W" else 0.0 for name in weights}
    for t, batch in enumerate(batches, start=1):
        g = gradient_of(weights, batch)
        m = {k: 0.9 * m[k] + 0.1 * g[k] for k in weights}
        v = {k: 0.999 * v[k] + 0.001 * g[k] ** 2 for k in weights}
        m_hat = {k: m[k] / (1 - 0.9**t) for k in weights}
        v_hat = {k: v[k] / (1 - 0.999**t) for k in weights}
        weights = {
            k: weights[k]
            - rate * m_hat[k] / (np.sqrt(v_hat[k]) + 1e-8)
            - rate * decay[k] * weights[k]
            for k in weights
        }
    return weights


def lbfgs(weights, X, y, sample_weight, max_iter, **options):
    """Minimise the objective over one long vector."""
    shapes = {name: array.shape for name, array in weights.items()}

    def pack(arrays):
        return np.concatenate([arrays[name].ravel() for name in shapes])

    def unpack(vector):
        ends = np.cumsum([np.prod(shape) for shape in shapes.values()])[:-1]
        parts = np.split(vector, ends)
        items = zip(shapes.items(), parts, strict=True)
        return {name: part.reshape(shape) for (name, shape), part in items}

    def value_and_gradient(vector):
        value, gradient = objective(unpack(vector), X, y, sample_weight, **options)
        return value, pack(gradient)

    result = optimize.minimize(
        value_and_gradient,
        pack(weights),
        method="L-BFGS-B",
        jac=True,
        options={"maxiter": max_iter},
    )
    return unpack(result.x)


def train(
    solver, weights, X, y, *, rate, batch_size, n_epochs, sample_weight, **options
):
    """Train on consecutive batches; a row counts by weight / (rows * mean weight)."""

    def gradient_of(weights, rows):
        weight = sample_weight[rows] / sample_weight.mean() / len(y[rows])
        return objective(weights, X[rows], y[rows], weight, **options)[1]

    starts = range(0, len(y), batch_size)
    batches = [slice(start, start + batch_size) for start in starts] * n_epochs
    return solver(weights, gradient_of, batches, rate)
