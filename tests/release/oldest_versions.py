"""The oldest versions that pyproject.toml allows for the tests, as constraints for pip.

python tests/release/oldest_versions.py > oldest.txt
pip install --constraint oldest.txt --editable ".[test]"
"""

import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def main() -> None:
    """Print a line per requirement, `name==version` for `name>=version`."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    for requirement in (
        *project["dependencies"],
        *project["optional-dependencies"]["test"],
    ):
        name, oldest = requirement.split(">=")
        print(f"{name}=={oldest}")


if __name__ == "__main__":
    main()
