"""
Early stopping and reading curves
=================================

Five trainings on one table: a learning rate that is too high, overfitting, two ways of
underfitting, and the defaults. What their curves look like, what to change, and what
early stopping adds: much with a constant learning rate, and nothing with the defaults.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skmlp import TwoLayerClassifier, tabular_pipeline
from skmlp.datasets import load_seattle_weather
from skmlp.inspection import TrainingDisplay

# %%
# A noisy table
# -------------
#
# What was the weather of a day in Seattle: drizzle, rain, snow or sun? Four
# measurements and the month tell only in part. (Fog counts as rain, because what the
# table calls rain in 2012 it mostly calls fog in 2015.) The validation rows have to be
# encoded as the training rows are: by the pipeline without its last step.
X_all, weather = load_seattle_weather(return_X_y=True)
X_all["month"] = X_all.pop("date").dt.month
y_all = weather.replace("fog", "rain")


def encoded(seed):
    """Return a split of the table, its features as bins."""
    X, X_val, y, y_val = train_test_split(
        X_all, y_all, stratify=y_all, random_state=seed
    )
    encoder = tabular_pipeline()[:-1].fit(X, y)
    return encoder.transform(X), encoder.transform(X_val), y, y_val


X, X_val, y, y_val = encoded(seed=0)

# %%
# Five trainings
# --------------
#
# ``X_val`` and ``y_val`` are measured after each epoch, and do not change the training.
# ``monitor_train`` measures the training rows likewise. Without it, the solid line
# would be the mean over the batches of an epoch, penalty included. The dotted line is
# where the validation loss of the defaults ends. Networks that underfit, with too large
# an ``alpha`` or too low a rate, stay above it, even on the rows that they learn from.
constant = {"learning_rate": "constant", "alpha": 0.0}
trainings = {
    "Rate too high": {"learning_rate_init": 0.1, **constant},
    "Overfitting": {"learning_rate_init": 0.005, **constant},
    "Alpha too large": {"alpha": 30.0},
    "Rate too low": {"learning_rate_init": 0.00005, **constant},
    "The defaults": {},
}
nets = {}
for title, params in trainings.items():
    net = TwoLayerClassifier(max_iter=30, monitor_train=True, random_state=0, **params)
    nets[title] = net.fit(X, y, X_val=X_val, y_val=y_val)

fig, axes = plt.subplots(2, 3, figsize=(9, 6), layout="constrained")
for (title, net), ax in zip(nets.items(), axes.flat, strict=False):
    TrainingDisplay.from_estimator(net, curves="loss", ax=ax)
    ax.axhline(nets["The defaults"].history_["val_loss"][-1], color="C1", linestyle=":")
    ax.set(title=title, ylim=(0, 1.5))
rate_ax = axes[1, 2]
TrainingDisplay.from_estimator(net, curves="learning_rate", ax=rate_ax)
rate_ax.set_title("Their learning rate")
handles = axes[0, 0].get_legend().legend_handles
for ax in axes.flat:
    ax.get_legend().remove()
names = ["training", "validation", "best epoch by validation"]
fig.legend(handles, names, loc="outside lower center", ncols=3)
plt.show()

# %%
# ================================  ===================================================
# what the curves do                what to change
# ================================  ===================================================
# both jump, validation is high     lower ``learning_rate_init``
# training falls, validation rises  raise ``alpha``; or ``dropout``, early stopping
# both are flat, high and close     lower ``alpha``; or more units, better features
# both still fall at the end        raise ``learning_rate_init`` or ``max_iter``
# both fall and flatten, close by   nothing
# ================================  ===================================================
#
# The default learning rate, 'one_cycle', rises and falls once. While it is high the
# curves are rough and may rise; they settle as it falls. So judge such a run by its
# end, and plan all of its epochs. ``history_`` has a list for each curve.
history = pd.DataFrame(nets["The defaults"].history_).set_index("epoch")
columns = ["learning_rate", "train_loss", "val_loss", "val_accuracy"]
print(history.loc[[1, 5, 9, 15, 20, 25, 30], columns].round(3))

# %%
# Early stopping
# --------------
#
# ``early_stopping=True`` holds out a tenth of the rows and watches the loss on them.
# When that has not improved for ten epochs (``n_iter_no_change``), training ends, and
# the weights of ``best_epoch_`` are restored. A plan such as 'one_cycle' is not cut off
# but shortened: the learning rate first falls to its end, within ten more epochs.
stopped = {
    "constant": TwoLayerClassifier(
        learning_rate_init=0.005, early_stopping=True, random_state=0, **constant
    ),
    "one_cycle": TwoLayerClassifier(early_stopping=True, random_state=0),
}
for name, net in stopped.items():
    net.fit(X, y)
    print(f"{name:9}  {net.max_iter_} epochs planned, {net.n_iter_} trained,", end=" ")
    print(f"epoch {net.best_epoch_} is the best")
TrainingDisplay.from_estimator(stopped, curves="loss", learning_rate=True)
plt.show()


# %%
# Is it worth it?
# ---------------
#
# Four ways on five splits of the table, judged on rows that none of them has seen.
def log_losses(seed):
    """Return the log-loss of each way on the other rows of a split."""
    X, X_test, y, y_test = encoded(seed)
    losses = {}
    for plan, params in plans.items():
        for stops in (False, True):
            net = TwoLayerClassifier(early_stopping=stops, random_state=seed, **params)
            proba = net.fit(X, y).predict_proba(X_test)
            losses[plan, stops] = log_loss(y_test, proba, labels=net.classes_)
    return losses


plans = {
    "constant rate, alpha=0": {"learning_rate_init": 0.005, **constant},
    "the defaults": {},
}
splits = [log_losses(seed) for seed in range(5)]
losses = {way: np.array([split[way] for split in splits]) for way in splits[0]}
print("mean log-loss           without  early stopping")
for plan in plans:
    means = losses[plan, False].mean(), losses[plan, True].mean()
    print(f"{plan:22}{means[0]:9.2f}{means[1]:16.2f}")

fig, axes = plt.subplots(1, 2, figsize=(7, 3.5), layout="constrained", sharey=True)
for ax, plan in zip(axes, plans, strict=True):
    ax.plot([0, 1], [losses[plan, False], losses[plan, True]], "o-", color="C0")
    ax.set(title=plan, xlim=(-0.3, 1.3), xticks=[0, 1])
    ax.set_xticklabels(["without", "early stopping"])
axes[0].set_ylabel("log-loss, one line per split")
axes[0].set_ylim(bottom=0)
plt.show()

# %%
# Early stopping helps the training with a constant learning rate much, but does not
# make it better than the defaults. To the defaults it adds nothing here: they choose
# their penalty with held-out rows, and end when the learning rate has fallen. And it
# costs a tenth of the rows. Use it if the learning rate is constant and ``max_iter`` is
# large, or if you set ``alpha`` yourself and it may be too small. It also takes fewer
# epochs.
