# `make app` serves the app, `make test` runs every check; both set everything up in .venv first.
PYTHON ?= python3
VENV   := .venv
SITE   ?= build/site
BIN    := $(VENV)/bin

.PHONY: app test site lint types benchmarks chromium clean

app: $(VENV)/.app
	$(BIN)/streamlit run app.py

test: $(VENV)/.test chromium lint types
	$(BIN)/python -m pytest -n 2 --dist loadfile

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

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.test: requirements.txt tests/requirements.txt pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable ".[test]"
	touch $@ $(VENV)/.app

# The browser tests drive Debian's Chromium; elsewhere install it by hand, or they are skipped.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	  { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	    apt-get update -qq && \
	    apt-get install -y -qq --no-install-recommends chromium fonts-wqy-microhei >/dev/null; } || \
	  echo "no Chromium here: the browser tests will be skipped"

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .screenshots *.egg-info
