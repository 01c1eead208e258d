"""Every message of the package, found in its source; … stands for what varies."""

import ast
import itertools
import re
from collections import defaultdict
from functools import reduce
from pathlib import Path

import skmlp

PACKAGE = Path(skmlp.__file__).parent
VARIES = {"…"}
# Names and calls are looked into so deep: a message made by a function that another
# function calls.
DEEPEST = 4


def words(text):
    return re.findall(r"\w{2,}", text)


def is_message(text):
    """Return whether a user may see it: what skmlp itself catches has no full stop."""
    return len(words(text)) > 1 and text.endswith((".", "…"))


def union(sets):
    return reduce(set.union, sets, set()) or VARIES


class Messages(ast.NodeVisitor):
    """What is raised or warned of: directly, by a name, or by what a function returns.

    Attributes
    ----------
    found : dict of str to str
        Where each message stands, by its text.
    """

    def __init__(self, trees):
        self.found = {}
        self.definitions, self.constants = defaultdict(list), defaultdict(list)
        nodes = (node for tree in trees.values() for node in ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.definitions[node.name].append(node)
            elif isinstance(node, ast.Assign):
                self.constants[ast.unparse(node.targets[0])].append(node.value)
        for self.module, tree in trees.items():
            self.function = tree
            self.visit(tree)

    def visit_FunctionDef(self, node):
        outer, self.function = self.function, node
        self.generic_visit(node)
        self.function = outer

    def visit_Raise(self, node):
        if isinstance(node.exc, ast.Call):
            self._note(node.lineno, node.exc)
        self.generic_visit(node)

    def visit_Call(self, node):
        if ast.unparse(node.func) == "warn":
            self._note(node.lineno, node.args[0])
        self.generic_visit(node)

    def _note(self, line, node):
        for text in self.texts(node, self.function, 0):
            text = re.sub(r"…[…\s]*…", "…", text)
            if is_message(text):
                self.found[text] = f"{self.module}:{line}"

    def texts(self, node, function, depth):
        """Return what the text of an expression, or of an exception, may be."""
        look_up = getattr(self, f"_texts_of_{type(node).__name__}", None)
        if look_up is None or depth > DEEPEST:
            return VARIES
        return look_up(node, function, depth) or VARIES

    def _texts_of_Constant(self, node, function, depth):
        return {node.value} if isinstance(node.value, str) else VARIES

    def _texts_of_JoinedStr(self, node, function, depth):
        """Look into what varies only where the rest says next to nothing."""
        fixed = [part for part in node.values if isinstance(part, ast.Constant)]
        depth = DEEPEST if len(words(" ".join(p.value for p in fixed))) > 3 else depth
        choices = (self.texts(part, function, depth) for part in node.values)
        return set(map("".join, itertools.product(*choices)))

    def _texts_of_FormattedValue(self, node, function, depth):
        return self.texts(node.value, function, depth + 1)

    def _texts_of_BinOp(self, node, function, depth):
        left = self.texts(node.left, function, depth)
        right = self.texts(node.right, function, depth)
        return set(map("".join, itertools.product(left, right)))

    def _texts_of_IfExp(self, node, function, depth):
        branches = (node.body, node.orelse)
        return union(self.texts(branch, function, depth) for branch in branches)

    def _texts_of_Name(self, node, function, depth):
        """Return what the function assigns to a name, or the module to a constant."""
        assigned = [n for n in ast.walk(function) if isinstance(n, ast.Assign)]
        values = [n.value for n in assigned if ast.unparse(n.targets[0]) == node.id]
        if node.id.isupper():
            values = self.constants[node.id]
        return union(self.texts(value, function, depth + 1) for value in values)

    def _texts_of_Attribute(self, node, function, depth):
        values = self.constants[node.attr]
        return union(self.texts(value, function, depth + 1) for value in values)

    def _texts_of_Subscript(self, node, function, depth):
        """Return the texts in a dict."""
        constants = self.constants[ast.unparse(node.value)]
        dicts = [each for each in constants if isinstance(each, ast.Dict)]
        values = [value for each in dicts for value in each.values]
        return union(self.texts(value, function, depth + 1) for value in values)

    def _texts_of_Call(self, node, function, depth):
        """Return what a call returns, or what an exception is made with."""
        name = ast.unparse(node.func).split(".")[-1]
        if name == "format":
            texts = self.texts(node.func.value, function, depth)
            return {re.sub("{.*?}", "…", text) for text in texts}
        if name not in self.definitions:
            return self.texts(node.args[0], function, depth) if node.args else VARIES
        return union(
            self.texts(made, definition, depth + 1)
            for definition in self.definitions[name]
            for made in made_by(definition)
        )


def made_by(definition):
    """Yield what a function returns, or what the message of an exception is."""
    for node in ast.walk(definition):
        if isinstance(definition, ast.FunctionDef) and isinstance(node, ast.Return):
            yield node.value
        elif isinstance(node, ast.Call) and "super().__init__" in ast.unparse(node):
            yield from node.args[:1]


def messages():
    """Return every message of the package that a user may see, and where it stands."""
    trees = {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    return Messages(trees).found
