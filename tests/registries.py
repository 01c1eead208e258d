"""Entries of the registries that share a capability."""

from skmlp.solvers import SOLVERS

STOCHASTIC = {name: solver for name, solver in SOLVERS.items() if solver.is_stochastic}
