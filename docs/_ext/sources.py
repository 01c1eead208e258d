"""Where the code of a public name stands: for the links named [source]."""

import inspect
from importlib import import_module


def module_of_code(app, module, name):
    """Return the module that defines a name; public ones are imported from elsewhere.

    A class says that it lives where it is imported from; its functions do not.
    """
    member = import_module(module)
    for part in name.split("."):
        member = getattr(member, part, None)
    if inspect.isclass(member):
        members = vars(member).values()
        member = next(filter(inspect.isfunction, members), member)
    code = inspect.unwrap(getattr(member, "fget", None) or member)
    return getattr(inspect.getmodule(getattr(code, "__code__", code)), "__name__", None)


def setup(app):
    """Tell viewcode."""
    app.setup_extension("sphinx.ext.viewcode")
    app.connect("viewcode-follow-imported", module_of_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
