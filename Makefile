# Everything runs in a virtual environment of its own, made where there is none.
VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin

# The scripts that make bench runs, in the order of docs/benchmarks.rst.
BENCHMARKS = epoch_time as_installed epoch_overhead time_to_accuracy prediction \
	onnx_prediction memory growth busy_machine tricks defaults real_defaults candidates

.PHONY: demo test integrations test-oldest integrations-oldest test-newest soak torture \
	mutation release-check lint docs notebooks bench bench-short clean

demo: $(VENV)/.installed
	$(BIN)/python examples/plot_quickstart.py

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest

# The example of a service, and what the page on other libraries shows, with all that
# they need.
integrations: $(VENV)/.installed-test $(VENV)/.installed-serving \
		$(VENV)/.installed-integrations
	$(BIN)/python -m pytest tests/usage/test_serving.py \
		tests/usage/test_other_libraries.py

# With the oldest versions that pyproject.toml allows; they need the oldest PYTHON, and
# warn of one another's deprecations.
test-oldest:
	mkdir -p .venv-oldest
	$(PYTHON) tests/release/oldest_versions.py test > .venv-oldest/constraints.txt
	PIP_CONSTRAINT=.venv-oldest/constraints.txt \
		PYTEST_ADDOPTS="-W ignore::DeprecationWarning" $(MAKE) test VENV=.venv-oldest

integrations-oldest:
	mkdir -p .venv-oldest-integrations
	$(PYTHON) tests/release/oldest_versions.py test serving integrations \
		> .venv-oldest-integrations/constraints.txt
	PIP_CONSTRAINT=.venv-oldest-integrations/constraints.txt \
		PYTEST_ADDOPTS="-W ignore::DeprecationWarning" \
		$(MAKE) integrations VENV=.venv-oldest-integrations

# With the newest versions of today, pre-releases included.
test-newest:
	rm -f .venv-newest/.installed-test
	PIP_PRE=1 PIP_UPGRADE=1 PIP_UPGRADE_STRATEGY=eager $(MAKE) test VENV=.venv-newest

# Half an hour of partial_fit on a stream; fails where memory or the time of a call grows.
soak: $(VENV)/.installed
	$(BIN)/python tests/release/soak.py

# Builds dist/ from the last commit; installs it and tests it there.
release-check: $(VENV)/.installed-release
	$(BIN)/python tests/release/release_check.py

# The long forms of what tests/guarantees does in short: faults, forks, properties; twenty
# to forty minutes.
torture: $(VENV)/.installed-test
	$(BIN)/python tests/guarantees/torture.py
	$(BIN)/python tests/guarantees/forks.py
	$(BIN)/python -m pytest tests/guarantees/test_properties.py --hypothesis-profile=torture

# Changes the numerical code in some 900 places, one at a time, and sees whether a test
# fails; a quarter of an hour on one core.
mutation: $(VENV)/.installed-test
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/release/mutation.py

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

# The pages are docs/_build/html; what has not changed is not built again. A warning is an
# error. SKMLP_DOCS_ONLINE=1 links to the documentation of other projects.
SPHINX = $(BIN)/python -m sphinx -W -n --keep-going -q -d docs/_build/doctrees

docs: $(VENV)/.installed-docs
	$(SPHINX) -b html docs docs/_build/html
	$(SPHINX) -b doctest docs docs/_build/doctest
	@echo "The front page: docs/_build/html/index.html"

# The pages of teaching notebooks: fifteen minutes, where SKMLP_DATA has the data. After a
# change of examples/notebooks; what they show is kept in docs/notebooks.
notebooks: $(VENV)/.installed-docs
	$(BIN)/python docs/record_notebooks.py

bench: $(VENV)/.installed-bench
	@set -e; for name in $(BENCHMARKS); do \
		echo; $(BIN)/python benchmarks/$$name.py; \
	done

# Half a minute; fails where training is under half as fast as recorded.
bench-short: $(VENV)/.installed
	$(BIN)/python benchmarks/epoch_time.py --check

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml setup.cfg
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-%: $(BIN)/python pyproject.toml setup.cfg
	$(BIN)/python -m pip install --quiet --editable ".[$*]"
	touch $@ $(VENV)/.installed

clean:
	rm -rf docs/_build docs/api docs/gallery
	rm -rf $(VENV) .venv-oldest .venv-oldest-integrations .venv-newest build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
