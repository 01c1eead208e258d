"""Clusters of processes on this machine."""

from distributed import LocalCluster


def cluster_of(n_workers):
    """Return a cluster of so many processes of one thread."""
    return LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        dashboard_address=":0",
    )
