"""Every mutant of a module: its source with one change, and what runs the change."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "skmlp"

ARITHMETIC = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult},
    **{ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
COMPARISONS = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In},
}
PAIRS = ["add subtract", "multiply divide", "maximum minimum", "max min", "any all"]
PAIRS += ["greater greater_equal", "zeros ones", "ceil floor", "isinf isnan"]
CALLS = {a: b for pair in PAIRS for a, b in (pair.split(), pair.split()[::-1])}


DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
# Outside of functions an assignment defines something too.
DEFINING = (*DEFINITIONS, ast.Assign, ast.AnnAssign)


class Mutant(NamedTuple):
    """One change of one module."""

    path: Path
    line: int
    function: str
    old: str
    new: str
    source: bytes
    reached_by: frozenset[tuple[Path, int]]

    @property
    def where(self) -> str:
        """The module and function, by which the list of equivalent ones knows it."""
        return f"{self.path.relative_to(ROOT).as_posix()}::{self.function}"

    @property
    def change(self) -> str:
        """The lines as they are and as they become."""
        return f"{self.old}  =>  {self.new}"


def changes_of(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield parts of the source and what each is replaced by."""
    match node:
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            op = ARITHMETIC[type(node.op)]()
            yield node, f"({ast.unparse(ast.BinOp(node.left, op, node.right))})"
        case ast.AugAssign():
            yield node, "pass"
            op = ARITHMETIC[type(node.op)]()
            yield node, ast.unparse(ast.AugAssign(node.target, op, node.value))
        case ast.Compare():
            for i, op in enumerate(node.ops):
                ops = [*node.ops[:i], COMPARISONS[type(op)](), *node.ops[i + 1 :]]
                yield node, ast.unparse(ast.Compare(node.left, ops, node.comparators))
        case ast.BoolOp():
            op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield node, f"({ast.unparse(ast.BoolOp(op, node.values))})"
        case ast.UnaryOp():
            yield node, f"({ast.unparse(node.operand)})"
        case ast.Constant(bool() as value):
            yield node, str(not value)
        case ast.Constant(int() | float() as value):
            yield node, repr(value + 1)
        case ast.Slice():
            yield from ((part, "") for part in (node.lower, node.upper) if part)
        case ast.If() | ast.IfExp() | ast.While():
            if isinstance(node.test, ast.Name | ast.Attribute | ast.Call):
                yield node.test, f"(not {ast.unparse(node.test)})"
        case ast.Expr(ast.Call()):
            yield node, "pass"
        case ast.Return(value) if not isinstance(value, ast.Constant | None):
            yield node, "return None"
        case ast.Call():
            name = node.func
            if isinstance(name, ast.Attribute) and name.attr in CALLS:
                yield name, f"{ast.unparse(name.value)}.{CALLS[name.attr]}"
            if isinstance(name, ast.Name) and name.id in CALLS:
                yield name, CALLS[name.id]
            if isinstance(name, ast.Attribute) and name.attr == "copy":
                yield node, ast.unparse(node.args[0] if node.args else name.value)
    # A call for its effect is dropped as a whole; of others only what is written.
    value = getattr(node, "value", None)
    if isinstance(node, ast.Assign | ast.Return) and isinstance(value, ast.Call):
        kept = [k for k in value.keywords if k.arg != "out"]
        if len(kept) < len(value.keywords):
            yield value, ast.unparse(ast.Call(value.func, value.args, kept))


def walk(
    node: ast.AST, scope: tuple[ast.AST, ...] = ()
) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    """Yield all that computes, with the definitions and assignment around it."""
    yield node, scope
    if isinstance(node, DEFINITIONS if function_of(scope) else DEFINING):
        scope = (*scope, node)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST | None) or child is None:
                continue
            if not is_left_alone(node, child):
                yield from walk(child, scope)


def is_left_alone(node: ast.AST, child: ast.AST) -> bool:
    """Return whether a part is what is said or asserted, or a number with its minus."""
    match node, child:
        case (_, ast.JoinedStr() | ast.Raise()) | (_, ast.keyword(arg="strict")):
            return True
        case ast.UnaryOp(ast.USub()), ast.Constant():
            return True
    return False


def function_of(scope: tuple[ast.AST, ...]) -> ast.FunctionDef | None:
    """Return the innermost function of some definitions."""
    functions = [node for node in scope if isinstance(node, ast.FunctionDef)]
    return functions[-1] if functions else None


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    source = path.read_bytes()
    lines = source.splitlines(keepends=True)
    for node, scope in walk(ast.parse(source)):
        for part, text in changes_of(node) if scope else ():
            start = sum(map(len, lines[: part.lineno - 1])) + part.col_offset
            end = sum(map(len, lines[: part.end_lineno - 1])) + part.end_col_offset
            first = source.rfind(b"\n", 0, start) + 1
            last = source.find(b"\n", end)
            old = source[first:last]
            new = source[first:start] + text.encode() + source[end:last]
            defined = [n for n in scope if hasattr(n, "name")]
            yield Mutant(
                path,
                part.lineno,
                ".".join(n.name for n in defined),
                *(" ".join(s.decode().split()) for s in (old, new)),
                source[:first] + new + source[last:],
                reached_by=lines_that_reach(path, part, scope),
            )


def lines_that_reach(
    path: Path, part: ast.AST, scope: tuple[ast.AST, ...]
) -> frozenset[tuple[Path, int]]:
    """Return lines of which one runs when the part matters.

    What runs while the module is imported matters where its name is read: a constant or
    attribute is looked for in all modules, the default of a parameter in its function.
    """
    own = frozenset((path, i) for i in range(part.lineno, part.end_lineno + 1))
    if function := function_of(scope):
        if part.lineno >= function.body[0].lineno:
            return own
        lines = range(function.body[0].lineno, function.end_lineno + 1)
        return frozenset((path, i) for i in lines)
    targets = [n for n in ast.walk(scope[-1]) if isinstance(n, ast.Name)][:1]
    name = re.compile(rf"\b{targets[0].id}\b") if targets else re.compile("$.")
    return frozenset(
        (module, i)
        for module in PACKAGE.rglob("*.py")
        for i, line in enumerate(module.read_text("utf-8").splitlines(), start=1)
        if name.search(line)
    )
