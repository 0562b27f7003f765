# Each target makes .venv from requirements.lock on first use; nothing else is needed than Python 3.11 or newer and make.
.DEFAULT_GOAL := help
.PHONY: help lab test demo bench build verify lint lock

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | while IFS='	' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

lab: $(STAMP)  ## open the course in JupyterLab, on your own copy in work/
	@$(BIN)/course lab $(ARGS)

test: $(STAMP)  ## the whole test suite, as CI runs it
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet . || { echo 'make test: run `make lint` to see and mend the style'; exit 1; }
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto -q $(ARGS)

demo: $(STAMP)  ## a small class released, graded and given feedback, in demo/
	@$(BIN)/course demo $(ARGS)

bench: $(STAMP)  ## benchmarks, as ratios within one run
	@$(BIN)/python -m tests.bench $(ARGS)

build: $(STAMP)  ## source notebooks and releases from the source texts
	@$(BIN)/course build $(ARGS)

verify: $(STAMP)  ## the four proofs of every exercise
	@$(BIN)/course verify $(ARGS)

lint: $(STAMP)  ## format and check the style
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: $(STAMP)  ## pin the newest versions that pyproject.toml allows
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --fork-strategy fewest --generate-hashes --no-emit-index-url --no-header --upgrade --quiet -o requirements.lock
	@$(BIN)/python -m tests.environment > environment.yml

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'make: Python 3.11 or newer is needed and was not found; install it, or name it: make PYTHON=/path/to/python3'; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'make: $(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=/path/to/python3'; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo 'make: $(PYTHON) cannot make environments; install its venv package (Debian: apt install python3-venv)'; exit 2; }
	@echo 'make: installing the course into $(VENV) (once)'
	@$(PYTHON) -m venv --clear $(VENV)
	@grep -A 40 '^uv==' requirements.lock | awk 'NR > 1 && /^[a-z]/ { exit } { print }' > $(VENV)/uv.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock \
		|| $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
