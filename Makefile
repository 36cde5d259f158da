# GNU make 3.81 or newer, a POSIX shell, and Python 3.11 or newer. `make help` lists everything.

SHELL := /bin/sh
PY := .venv/bin/python
INSTALLED := .venv/.installed
INSTALLED_DEV := .venv/.installed-dev
JOBS ?= 5

# Containers often forbid Python to keep what it compiled: then every start of a process compiles all libraries anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test check bench install install-dev clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(INSTALLED) ## Make a presenter video of examples/welcome.txt in out/, through the real API and workers
	@$(PY) -m app.cli demo

serve: $(INSTALLED) ## Run the API and the workers (tenex up), until Ctrl-C
	@$(PY) -m app.cli up

test: $(INSTALLED_DEV) ## Run the tests; ARGS="tests/cli -k doctor" chooses some
	@$(PY) -m pytest -n $(JOBS) --dist worksteal $(ARGS)

check: $(INSTALLED_DEV) ## Check style, types and import contracts
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m pyright
	@$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

bench: $(INSTALLED_DEV) ## Run a benchmark: make bench NAME=avatar
	@test -n "$(NAME)" || { echo "Which one? make bench NAME=..., one of:" $$(ls bench/*.py | sed 's|bench/||; s|\.py$$||') >&2; exit 2; }
	@test -f "bench/$(NAME).py" || { echo "There is no benchmark $(NAME). There are:" $$(ls bench/*.py | sed 's|bench/||; s|\.py$$||') >&2; exit 2; }
	@$(PY) -m "bench.$(NAME)"

install: $(INSTALLED) ## Install what is needed to run, into .venv

install-dev: $(INSTALLED_DEV) ## Install what is needed to develop, into .venv

clean: ## Remove what was built, not .venv, data or out
	@rm -rf build dist .pytest_cache .ruff_cache .import_linter_cache
	@find app migrations tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/install .
	@touch $@

$(INSTALLED_DEV): pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/install ".[dev]"
	@touch $@ $(INSTALLED)
