"""The oldest versions that pyproject.toml allows, as constraints for pip.

python tests/release/oldest_versions.py test > oldest.txt
pip install --constraint oldest.txt --editable ".[test]"
"""

import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def main(extras: list[str]) -> None:
    """Print `name==version` for each `name>=version` of skmlp with some extras.

    What an extra states counts before what skmlp and the extras before it state.
    """
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"]]
    for extra in extras:
        requirements += project["optional-dependencies"][extra]
    oldest = {}
    for requirement in requirements:
        name, version = requirement.split(">=")
        oldest[name.split("[")[0]] = version  # constraints name no extras
    for name, version in oldest.items():
        print(f"{name}=={version}")


if __name__ == "__main__":
    main(sys.argv[1:])
