"""Rows that come in chunks, because they do not all fit into memory."""

from skmlp.streams.shuffling import shuffled

__all__ = ["shuffled"]

# Documentation and pickles name the public path, which stays.
shuffled.__module__ = __name__
