# `make app` serves the app, `make test` runs every check, `make check` the fast ones; each sets
# everything up in .venv first, with the releases that were tested last (requirements.lock).
PYTHON ?= python3
VENV   := .venv
SITE   ?= build/site
BIN    := $(VENV)/bin
LOCK   := requirements.lock
# Threads that wait sleep, as two workers share the cores: trainings and maps take a fifth less.
# Files in their own order: else those with few tests, which are the long ones, would come last.
PYTEST := OMP_WAIT_POLICY=passive $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: app test check site lint types benchmarks wheel-check lock upgrade chromium clean

app: $(VENV)/.app
	$(BIN)/streamlit run app.py

test: $(VENV)/.test chromium lint types
	$(PYTEST) --durations=20 --durations-min=1

check: $(VENV)/.test lint types
	$(PYTEST) -m "not slow"

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

# A folder that any file server serves; what npm and pip fetch for it is kept in the user's cache.
site: $(VENV)/.app
	$(BIN)/python -m effnet site $(SITE)

benchmarks: $(VENV)/.test
	for script in tests/benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

# The wheel in environments of its own, alone and with each extra; PyTorch is lent to them.
wheel-check: $(VENV)/.test
	$(BIN)/python tests/benchmarks/wheel_check.py --torch-of $(VENV)

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt $(LOCK) pyproject.toml | $(BIN)/pip
	.ci/install $(BIN)/pip $(LOCK) ".[app]"
	touch $@

$(VENV)/.test: requirements.txt tests/requirements.txt tests/$(LOCK) pyproject.toml | $(BIN)/pip
	.ci/install $(BIN)/pip tests/$(LOCK) ".[test]"
	touch $@ $(VENV)/.app

# After a change of the ranges: what they add is locked, what was locked stays. For every system and
# Python; a cap of this machine goes into UV_CONSTRAINT.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate \
  --python-version 3.11 --custom-compile-command "make lock" $(UPGRADE)
lock: | $(BIN)/pip
	$(BIN)/pip install --quiet "uv>=0.9,<1"
	$(COMPILE) requirements.txt tests/requirements.txt --output-file tests/$(LOCK)
	$(COMPILE) requirements.txt --constraint tests/$(LOCK) --output-file $(LOCK)

# The newest releases that the ranges admit, kept only if every check passes with them.
upgrade:
	$(MAKE) lock UPGRADE=--upgrade && EXACT=1 $(MAKE) test || \
	  { git checkout -- $(LOCK) tests/$(LOCK); exit 1; }

# The browser tests drive Debian's Chromium; elsewhere install it by hand, or they are skipped.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	  { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	    apt-get update -qq && \
	    apt-get install -y -qq --no-install-recommends chromium fonts-wqy-microhei >/dev/null; } || \
	  echo "no Chromium here: the browser tests will be skipped"

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .screenshots *.egg-info
