"""A table of the modules of each room, out of the first lines of their docstrings."""

import ast
from pathlib import Path

from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import skmlp

PACKAGE = Path(skmlp.__file__).parent


def first_line(path):
    """Return what a module says of itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return ast.get_docstring(tree).splitlines()[0]


def rows():
    """Yield name and path of the package, then of each folder in it, and of modules."""
    for room in (PACKAGE / "__init__.py", *sorted(PACKAGE.glob("*/__init__.py"))):
        yield f"**{room.parent.name}/**", room
        for path in sorted(room.parent.glob("*.py")):
            if path != room:
                yield f"``{path.stem}``", path


class Rooms(SphinxDirective):
    """``.. rooms::`` is the table."""

    def run(self):
        """Return the table, which is built anew when a module changes."""
        lines = [".. list-table::", "   :widths: 20 80", ""]
        for name, path in rows():
            self.env.note_dependency(str(path))
            lines += [f"   * - {name}", f"     - {first_line(path)}"]
        return self.parse_text_to_nodes(StringList(lines, self.get_source_info()[0]))


def setup(app):
    """Add the directive."""
    app.add_directive("rooms", Rooms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
