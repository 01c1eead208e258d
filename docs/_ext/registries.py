"""Tables of the names that a parameter takes, out of the estimator's docstring."""

import re
from inspect import cleandoc

from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from skmlp import TwoLayerClassifier
from skmlp.activations import ACTIVATIONS
from skmlp.initializers import INITIALIZERS
from skmlp.losses import LOSSES
from skmlp.schedules import SCHEDULES
from skmlp.solvers import SOLVERS

REGISTRIES = {
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "solver": SOLVERS,
    "learning_rate": SCHEDULES,
    "weight_init": INITIALIZERS,
}


def explained(parameter):
    """Return what the docstring says of each name that a parameter takes."""
    docstring = cleandoc(TwoLayerClassifier.__doc__)
    section = re.search(rf"\n{parameter} : .*?(?=\n\n\w+ : )", docstring, re.S).group()
    items = re.findall(r"\n    - '(\w+)': (.*?)(?=\n    - |\n\n|\Z)", section, re.S)
    return {name: " ".join(text.split()) for name, text in items}


class Registry(SphinxDirective):
    """``.. registry:: activation`` is the table of its names."""

    required_arguments = 1

    def run(self):
        """Return the table; raise where a name is not explained."""
        parameter = self.arguments[0]
        texts = explained(parameter)
        if missing := REGISTRIES[parameter].keys() - texts:
            raise self.error(f"{parameter}: nothing is said of {sorted(missing)}.")
        rows = [".. list-table::", "   :widths: 20 80", ""]
        for name, text in texts.items():
            text = re.sub(r" ?\[\d+\]_", "", text)  # references stay in the docstring
            text = re.sub(r"^(\d+\.)$", r"\\\1", text)  # a number, not a list
            rows += [f"   * - ``{name}``", f"     - {text}"]
        return self.parse_text_to_nodes(StringList(rows, self.get_source_info()[0]))


def setup(app):
    """Add the directive."""
    app.add_directive("registry", Registry)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
