"""Each activation and its derivative, from the registry."""

import matplotlib.pyplot as plt
import numpy as np

from skmlp.activations import ACTIVATIONS

z = np.linspace(-4, 4, 401)
n, n_columns = len(ACTIVATIONS), 5
n_rows = n // n_columns + 1  # so that at least one panel is free, for the legend
fig, axes = plt.subplots(
    n_rows,
    n_columns,
    figsize=(10, 2 * n_rows),
    layout="constrained",
    sharex=True,
    sharey=True,
)
for ax, (name, activation) in zip(axes.flat[:n], ACTIVATIONS.items(), strict=True):
    Z, H, dH = z[np.newaxis].copy(), np.empty((1, z.size)), np.ones((1, z.size))
    activation.forward(Z, H)
    ax.plot(z, H[0].copy(), label="f")
    activation.backward(Z, H, dH)
    ax.plot(z, dH[0], label="f'", linestyle="--")
    ax.set(title=name, ylim=(-1.2, 3), xticks=[-4, 0, 4])
    ax.grid(alpha=0.3)
for ax in axes.flat[n:]:
    ax.axis("off")
for ax in axes.flat[n - n_columns : -n_columns]:  # with a free panel below
    ax.tick_params(labelbottom=True)
axes.flat[-1].legend(*axes.flat[0].get_legend_handles_labels(), loc="center")
