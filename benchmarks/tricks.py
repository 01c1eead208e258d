"""What each trick of the core brings, beside the plain way to compute the same.

    python benchmarks/tricks.py [--rounds 15]

The work is that of one step of 784-128-10 on a batch of 256 rows in float32, one
thread: 102k parameters. A figure is the time of the plain way over that of skmlp's, in
one round: above 1 the trick is faster. Both compute the same numbers; that is asserted
first.
"""

import argparse

import numpy as np
from scipy.special import log_softmax
from side_by_side import print_header, print_row, ratios, seconds_in_turn
from threadpoolctl import threadpool_limits

from skmlp.activations import ACTIVATIONS
from skmlp.losses import LogLoss
from skmlp.solvers import SGD, Adam

N_ROWS, N_FEATURES, N_HIDDEN, N_OUTPUTS = 256, 784, 128, 10
N_PARAMS = (N_FEATURES + 1) * N_HIDDEN + (N_HIDDEN + 1) * N_OUTPUTS
N_CALLS = 200  # per side and round
rng = np.random.default_rng(0)


def normal(*shape):
    """Return normal numbers in float32."""
    return rng.standard_normal(shape, dtype=np.float32)


def relu():
    """Compare a clip with a maximum."""
    Z, ours, plain = normal(N_ROWS, N_HIDDEN), *zeros((N_ROWS, N_HIDDEN), 2)
    return (
        lambda: ACTIVATIONS["relu"].forward(Z, ours),
        lambda: np.maximum(Z, 0, out=plain),
        lambda: np.array_equal(ours, plain),
    )


def zeros(shape, n):
    """Return some arrays of zeros in float32."""
    return [np.zeros(shape, np.float32) for _ in range(n)]


def rows():
    """Compare gathering bytes into a buffer that is then cast with a cast of all."""
    X = rng.integers(0, 256, (20_000, N_FEATURES), dtype=np.uint8)
    key = rng.integers(0, len(X), N_ROWS)
    gathered, ours = np.empty((N_ROWS, N_FEATURES), np.uint8), normal(N_ROWS, 784)
    plain = {}

    def by_buffer():
        np.take(X, key, axis=0, out=gathered, mode="clip")
        np.copyto(ours, gathered)

    def by_copies():
        plain["rows"] = X[key].astype(np.float32)

    return by_buffer, by_copies, lambda: np.array_equal(ours, plain["rows"])


def loss():
    """Compare the loss of one column per row with that of one line per row."""
    logits = normal(N_OUTPUTS, N_ROWS)
    labels = rng.integers(0, N_OUTPUTS, N_ROWS)
    t = np.eye(N_OUTPUTS, dtype=np.float32)[labels].T.copy()
    weight = np.full(N_ROWS, 1 / N_ROWS, np.float32)
    t_work, logits_work, dlogits = zeros(logits.shape, 3)
    values = {}

    def by_columns():
        np.copyto(t_work, t)
        np.copyto(logits_work, logits)
        values["ours"] = LogLoss().value_and_grad(t_work, logits_work, weight, dlogits)

    scores, one_hot, by_row = logits.T.copy(), t.T.copy(), weight[:, None]

    def by_lines():
        log_p = log_softmax(scores, axis=1)
        values["plain"] = -float((by_row * one_hot * log_p).sum())
        values["gradient"] = by_row * (np.exp(log_p) - one_hot)

    def are_equal():
        np.testing.assert_allclose(values["ours"], values["plain"], rtol=1e-5)
        np.testing.assert_allclose(dlogits.T, values["gradient"], rtol=0, atol=1e-7)
        return True

    return by_columns, by_lines, are_equal


def adam():
    """Compare moments that decay by their scale with moments that decay themselves."""
    grads, ours = normal(N_PARAMS), normal(N_PARAMS)
    plain, m, v = ours.copy(), *zeros(N_PARAMS, 2)
    work = np.empty_like(ours)
    solver = Adam().start(N_PARAMS, N_PARAMS, np.float32)
    step = {"t": 0}

    def textbook():
        step["t"] += 1
        np.multiply(m, 0.9, out=m)
        np.multiply(grads, 0.1, out=work)
        np.add(m, work, out=m)
        np.multiply(v, 0.999, out=v)
        np.multiply(grads, grads, out=work)
        np.multiply(work, 0.001, out=work)
        np.add(v, work, out=v)
        np.sqrt(v, out=work)
        np.divide(work, float(np.sqrt(1 - 0.999 ** step["t"])), out=work)
        np.add(work, 1e-8, out=work)
        np.divide(m, work, out=work)
        np.multiply(work, 0.001 / (1 - 0.9 ** step["t"]), out=work)
        np.subtract(plain, work, out=plain)

    return (
        lambda: solver.step(ours, grads.copy(), 0.001),
        lambda: (grads.copy(), textbook()),
        lambda: np.allclose(ours, plain, atol=1e-5),
    )


def nesterov():
    """Compare a velocity that decays by its scale with one that decays itself."""
    grads, ours = normal(N_PARAMS), normal(N_PARAMS)
    plain, v = ours.copy(), np.zeros(N_PARAMS, np.float32)
    work = np.empty_like(ours)
    solver = SGD(momentum=0.9).start(N_PARAMS, N_PARAMS, np.float32)

    def textbook():
        np.multiply(grads, 0.01, out=work)
        np.multiply(v, 0.9, out=v)
        np.subtract(v, work, out=v)
        np.subtract(plain, work, out=plain)
        np.multiply(v, 0.9, out=work)
        np.add(plain, work, out=plain)

    return (
        lambda: solver.step(ours, grads.copy(), 0.01),
        lambda: (grads.copy(), textbook()),
        lambda: np.allclose(ours, plain, rtol=1e-4, atol=1e-4),
    )


TRICKS = {
    "rows: a buffer, cast there": rows,
    "ReLU: a clip, not a maximum": relu,
    "log-loss: a column per row": loss,
    "Adam: scales that decay": adam,
    "Nesterov: a scale that decays": nesterov,
}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    n_rounds = parser.parse_args().rounds
    print_header("Tricks of the core, plain over skmlp's, one thread")
    with threadpool_limits(1):
        for name, trick in TRICKS.items():
            ours, plain, are_equal = trick()
            ours(), plain()
            if not are_equal():
                raise SystemExit(f"{name}: the two ways differ.")
            calls = {
                side: lambda call=call: [call() for _ in range(N_CALLS)]
                for side, call in (("ours", ours), ("plain", plain))
            }
            times = seconds_in_turn(calls, n_rounds)
            print_row(name, "plain / skmlp", ratios(times["plain"], times["ours"]))


if __name__ == "__main__":
    main()
