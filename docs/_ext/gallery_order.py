"""The order of the examples within their sections."""

ORDER = [
    "plot_quickstart.py",
    "plot_from_mlpclassifier.py",
    "plot_first_table.py",
    "plot_bins.py",
    "plot_curves.py",
    "plot_tuning.py",
    "plot_imbalanced.py",
    "plot_explain.py",
    "plot_text.py",
    "plot_images.py",
    "plot_multilabel.py",
    "plot_snapshots.py",
    "plot_out_of_core.py",
]


class Order:
    """Sort by the list; what is not in it comes last, by name."""

    def __init__(self, source_folder):
        """Take the folder, as Sphinx-Gallery wants to give it."""

    def __call__(self, filename):
        """Return what to sort a file by."""
        name = str(filename)
        return (ORDER.index(name) if name in ORDER else len(ORDER)), name

    def __repr__(self):
        """Return always the same text, so that nothing is built anew."""
        return "Order"
