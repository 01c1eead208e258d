"""What would be uploaded: is it complete, and does it work where nothing else is?

    python tests/release/release_check.py [pytest's arguments]

All of it happens in a temporary folder, with the files of the last commit:

1. The source distribution is built, and from it the wheel. Their files are those of the
   commit, their metadata is that of `pyproject.toml`, none names a folder of this
   machine, and twine renders the README.
2. The wheel is installed into a fresh virtual environment, and runs the quickstart.
3. The extra `test` is added, and the tests, the doctests and the documentation of the
   source distribution run, from which the package has been taken out.

What has passed is left in `dist/`, to be uploaded. Needs the extra `release`.
"""

import email
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What setuptools adds: to the source distribution, and as a wheel's metadata.
OF_SDIST = ("PKG-INFO", "skmlp.egg-info/")
OF_WHEEL = {"METADATA", "RECORD", "WHEEL", "licenses/LICENSE", "top_level.txt"}


def run(*command: object, folder: Path) -> str:
    """Run a command in a folder; return what it prints, end the check if it fails."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    words = [str(part) for part in command]
    output = subprocess.PIPE
    ended = subprocess.run(words, cwd=folder, env=environment, stdout=output, text=True)
    if ended.returncode:
        sys.exit(f"{ended.stdout}\nfailed: {' '.join(words)}")
    return ended.stdout


def compare(what: str, found: Iterable[str], expected: Iterable[str]) -> None:
    """End the check where two sets differ."""
    found, expected = set(found), set(expected)
    for name, some in (("lacks", expected - found), ("has too much", found - expected)):
        if some:
            sys.exit(f"{what} {name}: {', '.join(sorted(some))}")
    print(f"as expected: {what}")


def write_commit(folder: Path) -> list[str]:
    """Write the files of the last commit to a folder; return their names."""
    archive = subprocess.check_output(["git", "archive", "HEAD"], cwd=ROOT)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
        return [file.name for file in files if file.isfile()]


def check_sdist(sdist: Path, committed: list[str], folder: Path) -> Path:
    """Compare a source distribution with the commit; return where it is unpacked."""
    with tarfile.open(sdist) as files:
        files.extractall(folder, filter="data")
        names = [f.name.partition("/")[2] for f in files if f.isfile()]
    of_project = [name for name in names if not name.startswith(OF_SDIST)]
    expected = [name for name in committed if not name.startswith(".")]
    compare("files of the source distribution", of_project, expected)
    return folder / sdist.name.removesuffix(".tar.gz")


def check_wheel(wheel: Path, committed: list[str], folder: Path) -> str:
    """Compare a wheel's files with the commit; unpack it, return its metadata."""
    with zipfile.ZipFile(wheel) as files:
        files.extractall(folder)
        names = files.namelist()
    metadata = "-".join(wheel.name.split("-")[:2]) + ".dist-info"
    expected = [name for name in committed if name.startswith("skmlp/")]
    expected += [f"{metadata}/{name}" for name in OF_WHEEL]
    compare("files of the wheel", names, expected)
    return (folder / metadata / "METADATA").read_text(encoding="utf-8")


def normalised(requirement: str) -> str:
    """Return a requirement as it is written where names and spaces do not matter."""
    return requirement.replace(" ", "").replace('"', "'")


def check_metadata(text: str, source: Path) -> str:
    """Compare a wheel's metadata with the project's files; return its version."""
    metadata = email.message_from_string(text)
    project = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    expected = project["dependencies"] + [
        f"{requirement}; extra == '{extra}'"
        for extra, requirements in extras.items()
        for requirement in requirements
    ]
    found = metadata.get_all("Requires-Dist", [])
    compare("requirements", map(normalised, found), map(normalised, expected))
    compare("extras", metadata.get_all("Provides-Extra", []), extras)
    compare("Pythons", [metadata["Requires-Python"]], [project["requires-python"]])
    readme = (source / "README.md").read_text("utf-8")
    compare("the README", [metadata.get_payload()], [readme])
    return metadata["Version"]


def check_paths(folders: Iterable[Path], of_machine: Iterable[Path]) -> None:
    """End the check where a file names a folder of this machine."""
    names = [os.fsencode(f"{path}/") for path in of_machine]
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    found = [str(f) for f in files if any(name in f.read_bytes() for name in names)]
    compare("files that name a folder of this machine", found, [])


def check_installed(wheel: Path, version: str, sources: Path, tests: list[str]) -> None:
    """Use the wheel in a fresh environment, beside sources without the package."""
    (sources / "skmlp").rename(sources.parent / "taken_out")
    environment = sources.parent / "environment"
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = (python, "-m", "pip")
    run(*pip, "install", "--quiet", wheel, folder=sources)
    which = "import skmlp; print(skmlp.__version__, skmlp.__file__, sep='\\n')"
    found, file = run(python, "-c", which, folder=sources).splitlines()
    compare("the version", [found], [version])
    compare("where it is", [Path(file).parents[1].name], ["site-packages"])
    print(run(python, "examples/plot_quickstart.py", folder=sources))
    run(*pip, "install", "--quiet", f"{wheel}[test]", folder=sources)
    run(*pip, "check", folder=sources)
    print(run(python, "-m", "pytest", "-q", *tests, folder=sources))


def main() -> None:
    """Build, compare, install and test."""
    tests = sys.argv[1:] or ["tests", "docs", "--pyargs", "skmlp"]
    python = sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        commit, dist, unpacked = (folder / n for n in ("commit", "dist", "unpacked"))
        committed = write_commit(commit)
        run(python, "-m", "build", "--outdir", dist, folder=commit)
        (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
        sources = check_sdist(sdist, committed, folder)
        metadata = check_wheel(wheel, committed, unpacked)
        version = check_metadata(metadata, sources)
        check_paths((sources, unpacked), (ROOT, folder, Path.home()))
        run(python, "-m", "twine", "check", "--strict", sdist, wheel, folder=folder)
        check_installed(wheel, version, sources, tests)
        shutil.rmtree(ROOT / "dist", ignore_errors=True)
        shutil.copytree(dist, ROOT / "dist")
    print(f"skmlp {version} can be released: dist/")


if __name__ == "__main__":
    main()
