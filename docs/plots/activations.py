"""Each activation and its derivative, from the registry."""

import matplotlib.pyplot as plt
import numpy as np

from skmlp.activations import ACTIVATIONS

z = np.linspace(-4, 4, 401)
fig, axes = plt.subplots(
    2, 5, figsize=(10, 4), layout="constrained", sharex=True, sharey=True
)
for ax, (name, activation) in zip(axes.flat, ACTIVATIONS.items(), strict=False):
    Z, H, dH = z[np.newaxis].copy(), np.empty((1, z.size)), np.ones((1, z.size))
    activation.forward(Z, H)
    ax.plot(z, H[0].copy(), label="f")
    activation.backward(Z, H, dH)
    ax.plot(z, dH[0], label="f'", linestyle="--")
    ax.set(title=name, ylim=(-1.2, 3), xticks=[-4, 0, 4])
    ax.grid(alpha=0.3)
axes.flat[-1].axis("off")
axes.flat[-1].legend(*axes.flat[0].get_legend_handles_labels(), loc="center")
