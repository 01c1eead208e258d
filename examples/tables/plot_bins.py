"""
Why numbers are encoded by bins
===============================

A network with one hidden layer bends slowly along a feature. Where the answer changes
in steps, bins in front of the network help a lot. On two real tables the network gains
nothing that is certain.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import TwoLayerClassifier
from skmlp.datasets import load_seattle_weather
from skmlp.preprocessing import PiecewiseLinearEncoder

# %%
# A feature with steps
# --------------------
# Is a call to a shop answered? Nine of ten are while it is open, from 8 to 12 and from
# 14 to 18 o'clock, else one of ten. The only feature is the time of the call.
rng = np.random.default_rng(0)


def chance_at(hour):
    """Return the true probability that a call is answered."""
    is_open = ((hour > 8) & (hour < 12)) | ((hour > 14) & (hour < 18))
    return np.where(is_open, 0.9, 0.1)


def calls(n_calls):
    """Return the hours of calls, as a table of one column, and what was answered."""
    hour = rng.uniform(0, 24, n_calls)
    return hour.reshape(-1, 1), rng.random(n_calls) < chance_at(hour)


# %%
# The encoder turns the time into a column per bin, which tells how much of the bin the
# time has passed, from 0 to 1. The edges are quantiles. Here are three times in four
# bins; the first column is the position between the outermost edges.
X, y = calls(1000)
X_test, y_test = calls(10_000)
few = PiecewiseLinearEncoder(4).fit(X)
print("edges:", few.bin_edges_[0].round(1))
print(few.transform([[3.0], [9.0], [23.0]]).round(2))

# %%
# The network by itself is too smooth for the two openings. With bins in front it is
# close to the truth. Trees need no bins, because they cut where they like; their
# probabilities are rougher here.
net = TwoLayerClassifier(random_state=0)
models = {
    "network": net,
    "bins, network": make_pipeline(PiecewiseLinearEncoder(), net),
    "boosted trees": HistGradientBoostingClassifier(random_state=0),
}
hours = np.linspace(0, 24, 961)
fig, axes = plt.subplots(1, 3, figsize=(8, 3.2), sharey=True, layout="constrained")
step_losses = {"the truth": log_loss(y_test, chance_at(X_test.ravel()))}
for i, (ax, (name, model)) in enumerate(zip(axes, models.items(), strict=True)):
    step_losses[name] = log_loss(y_test, model.fit(X, y).predict_proba(X_test))
    ax.plot(hours, model.predict_proba(hours.reshape(-1, 1))[:, 1], f"C{i}")
    ax.plot(hours, chance_at(hours), "k--", linewidth=1)
    ax.set(title=name, xlabel="time of the call (h)", xticks=range(0, 25, 6))
axes[0].set_ylabel("probability of an answer")
plt.show()

# %%
# The dashed line is the truth. Below is the log-loss on 10,000 other calls. Even the
# truth has one, because the answers are partly chance.
print(pd.Series(step_losses).round(2).to_string())

# %%
# Real tables
# -----------
# Is it a sunny day in Seattle? Which grower made a wine? Five-fold cross-validation of
# the network and of logistic regression (linear), with bins and without.
X, weather = load_seattle_weather(return_X_y=True)
X["day of year"] = X.pop("date").dt.day_of_year
tables = {
    "weather": (X, weather == "sun"),
    "wine": load_wine(return_X_y=True, as_frame=True),
}
linear = LogisticRegression(max_iter=1000)
models = {
    "network": net,
    "bins, network": make_pipeline(PiecewiseLinearEncoder(), net),
    "linear": make_pipeline(StandardScaler(), linear),
    "bins, linear": make_pipeline(PiecewiseLinearEncoder(), linear),
}
cv = StratifiedKFold(shuffle=True, random_state=0)
losses = {}
print("log-loss         mean  standard deviation over the folds")
for table, (X, y) in tables.items():
    print(table)
    for name, model in models.items():
        scores = cross_val_score(model, X, y, cv=cv, scoring="neg_log_loss")
        losses[table, name] = -scores
        print(f"  {name:13}{-scores.mean():6.2f}{scores.std():7.2f}")

# %%
# Bins help logistic regression with the weather, where it is then as good as a network,
# and cost it log-loss on the wines. The network can bend without them: its differences
# are smaller than those between the folds. Over many real tables bins do help it
# somewhat (:doc:`/real_tables`), and ``tabular_pipeline`` has them, since you seldom
# know beforehand where the steps are.
