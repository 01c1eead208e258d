"""Each schedule over twenty epochs, from the registry."""

import matplotlib.pyplot as plt
import numpy as np

from skmlp.schedules import SCHEDULES, Moment

share = np.linspace(0, 1, 400, endpoint=False)
fig, axes = plt.subplots(
    1, len(SCHEDULES), figsize=(10, 2.2), layout="constrained", sharey=True
)
for ax, (name, make) in zip(axes, SCHEDULES.items(), strict=True):
    schedule = make()
    # Two plateaus, after epochs 8 and 14, which only 'adaptive' looks at.
    moments = [
        Moment(s, int(20 * s), int(20 * s >= 8) + int(20 * s >= 14)) for s in share
    ]
    ax.plot(20 * share, [schedule(moment) for moment in moments])
    ax.set(title=name, xlabel="epoch", ylim=(0, 1.05))
    ax.grid(alpha=0.3)
