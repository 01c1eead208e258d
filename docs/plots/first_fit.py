"""Defaults on real tables, read from `real_tables.inc`: log-loss by seconds per fit."""

import re
from pathlib import Path

import matplotlib.pyplot as plt

# One picture for pages that are light and for those that are dark.
OURS, OTHERS, TEXT = "#e8590c", "#3b82c4", "#7d8590"
TITLES = {
    "TwoLayerClassifier()": "skmlp, the classifier",
    "tabular_pipeline()": "skmlp, the pipeline",
    "HistGB": "HistGradientBoosting",
}
# What lies so near to another point that it is left out, and the sides of the labels.
LEFT_OUT = "the same, on bins", "HistGB, categories"
ON_THE_LEFT = "TwoLayerClassifier()", "random forest", "XGBoost"
BELOW = ("tabular_pipeline()",)


def means():
    """Return mean accuracy, log-loss and seconds of each side, from the first table."""
    text = Path("../real_tables.inc").read_text(encoding="utf-8")
    table = text.split("=\n")[2]  # after the second line of it, up to the third
    rows = (re.split(r"\s{2,}", line) for line in table.splitlines()[:-1])
    return {row[0]: map(float, row[1:4]) for row in rows if len(row) == 6}


def place(side):
    """Return how the label of a side stands beside its point."""
    align = "right" if side in ON_THE_LEFT else "left"
    xytext = (-8 if align == "right" else 8, -11 if side in BELOW else -4)
    return {"ha": align, "xytext": xytext, "textcoords": "offset points"}


plt.rcParams |= {"savefig.transparent": True, "font.size": 11}
plt.rcParams |= dict.fromkeys(
    ("axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), TEXT
)
fig, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
for side, (accuracy, loss, seconds) in means().items():
    if side in LEFT_OUT:
        continue
    is_ours = side in ("TwoLayerClassifier()", "tabular_pipeline()")
    color = OURS if is_ours else OTHERS
    weight = "bold" if is_ours else "normal"
    ax.plot(seconds, loss, "o", color=color, markersize=11 if is_ours else 8)
    label = f"{TITLES.get(side, side)}  {100 * accuracy + 1e-9:.1f} %"
    ax.annotate(label, (seconds, loss), color=color, weight=weight, **place(side))
ax.set(xscale="log", xlim=(0.05, 9), ylim=(0.45, 0.68))
ax.set_xticks([0.1, 0.3, 1, 3], ["0.1", "0.3", "1", "3"])
ax.minorticks_off()
ax.set_xlabel("seconds per fit (mean)")
ax.set_ylabel("log-loss (mean), lower is better")
ax.set_title("Means of 37 real tables, defaults; accuracy in %", color=TEXT, size=11)
ax.grid(color=TEXT, alpha=0.2)
