# Everything a developer runs. `make` alone lists it; `.venv` and what npm installs are made and kept in step with
# the pins on the way.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
ARGS ?=

# Python keeps what it compiled, whatever the shell says: compiling is half of each start.
export PYTHONDONTWRITEBYTECODE :=

FUNCTIONS := record_usage stripe_webhook usage_api aggregate
SOURCES := $(wildcard shared functions tools tests)
HTTP_TESTS := tests/http tests/golden tests/rules
USECASE_TESTS := tests/domain tests/usecases
TOOL_TESTS := tests/tools tests/gate
BROWSER_TEST := tests/e2e/test_dashboard.py
SYNC_OUTPUT := $(if $(filter output-sync,$(.FEATURES)),--output-sync=line)
# A make that was called with --jobs shares its own with those that it calls.
AT_ONCE = $(if $(findstring jobserver,$(MAKEFLAGS)),,--jobs=$(1))

# The first Python that is new enough; PYTHON=/path/to/python chooses another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
SYNCED := $(VENV)/.synced
MINIMUM_NODE := 20
# The web app, and the Firebase emulators with the command line that deploys; --memory does without both.
NODE_PACKAGES := $(if $(findstring --memory,$(ARGS)),,web tools/firebase)
NODE_SYNCED := $(NODE_PACKAGES:%=%/node_modules/.synced)
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" --quiet

# Run an installation with progress and one sentence if it fails.
INSTALL := sh tools/dev/install.sh

.PHONY: help dev shell test test-parts test-web test-http test-usecases test-tools test-rest test-stack test-browser test-client test-python \
	fuzz faults chaos gate mutants smoke drill coverage check check-python check-client check-web types format bench build deploy destroy lock clean

help:  ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

dev: $(SYNCED) $(NODE_SYNCED)  ## Run everything locally (ARGS="--empty" without demo data, ARGS="--memory" without emulators)
	@exec $(BIN)/python -m tools.dev $(ARGS)

shell: $(SYNCED)  ## Open a shell whose variables name the running stack, its tenant and its key
	@exec $(BIN)/python -m tools.dev.shell $(ARGS)

# All parts run, whatever comes of the others. A make of its own hands signals on, which a shell would not.
test: $(SYNCED) $(NODE_SYNCED)  ## Run every test (ARGS="tests/domain -k limits" for some of those in Python)
	@$(MAKE) --no-print-directory --keep-going $(if $(ARGS),test-python,test-parts)

# Four, because each waits a third of its time; the longest first.
test-parts:
	@$(MAKE) --no-print-directory --keep-going $(call AT_ONCE,4) $(SYNC_OUTPUT) \
		test-http test-stack test-tools test-browser test-rest test-usecases test-web test-client

test-web:
	@npm --prefix web test --silent

# The client is a project of its own, which depends on nothing of this one.
test-client:
	@cd client && exec ../$(BIN)/python -m pytest

test-http:
	@exec $(BIN)/python -m pytest $(HTTP_TESTS)

test-usecases:
	@exec $(BIN)/python -m pytest $(USECASE_TESTS)

test-tools:
	@exec $(BIN)/python -m pytest $(TOOL_TESTS)

test-rest:
	@exec $(BIN)/python -m pytest tests $(patsubst %,--ignore=%,$(HTTP_TESTS) $(USECASE_TESTS) $(TOOL_TESTS) tests/e2e)

test-stack:
	@exec $(BIN)/python -m pytest tests/e2e --ignore=$(BROWSER_TEST)

test-browser:
	@exec $(BIN)/python -m pytest $(BROWSER_TEST)

test-python:
	@exec $(BIN)/python -m pytest $(ARGS)

# 5,000 cases and more for each of the two OpenAPI documents.
fuzz: $(SYNCED)  ## Send what the OpenAPI documents describe and forbid, by the thousand (FUZZ_EXAMPLES=200 for more)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-110} $(BIN)/python -m pytest tests/http/test_fuzz.py $(ARGS)

# Thousands of runs and orders, of which `make test` makes a sample.
faults: $(SYNCED)  ## Let each call to Firestore fail in every way, and let webhooks come in every order
	@FAULTS=all $(BIN)/python -m pytest tests/adapters/test_fault_injection.py tests/usecases/billing/test_billing_in_any_order.py --timeout=900 $(ARGS)

chaos: $(SYNCED)  ## Record under faults, and compare what was acknowledged with what is stored; writes .local/reliability.json
	@exec $(BIN)/python -m tests.chaos $(ARGS)

gate: $(SYNCED) $(NODE_SYNCED)  ## Check every behaviour on a stack that runs what is deployed (ARGS="--folder .local" for a running one)
	@exec $(BIN)/python -m tools.gate $(ARGS)

# Minutes: each check sees a copy in which its behaviour is broken.
mutants: $(SYNCED) $(NODE_SYNCED)  ## Break each behaviour in a copy, and see its check of the gate fail
	@GATE=all $(BIN)/python -m pytest tests/gate --timeout=300 $(ARGS)

smoke: $(SYNCED)  ## Check a deployment (URL=https://…, with GWI_PLATFORM_KEY), or the stack that runs in .local
	@exec $(BIN)/python -m tools.gate --smoke $(if $(URL),--url $(URL),--folder .local) $(ARGS)

drill: $(SYNCED) $(NODE_SYNCED)  ## Back an emulator up, lose everything, restore it, and verify: 0 drift
	@exec $(BIN)/python -m tools.drill

coverage: $(SYNCED) $(NODE_SYNCED)  ## Run every test and show the lines that none of them reaches
	@$(BIN)/python -m pytest $(ARGS) --cov

check: $(SYNCED) $(NODE_SYNCED)  ## Check format, lint, types (those of the API too) and the direction of imports
	@$(MAKE) --no-print-directory --keep-going $(call AT_ONCE,2) $(SYNC_OUTPUT) check-web check-python check-client

check-python:
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy $(SOURCES)
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.api_types --check

check-client:
	@cd client && ../$(BIN)/mypy . && PYTHONPATH=. ../$(BIN)/lint-imports

check-web:
	@npm --prefix web run lint --silent
	@npm --prefix web run types --silent

types: $(SYNCED) $(NODE_SYNCED)  ## Write the web app's types of the API again, from the OpenAPI document
	@$(BIN)/python -m tools.api_types

format: $(SYNCED)  ## Format the code and repair what the linter can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(SYNCED)  ## Measure throughput, billed operations, growth and start-up; writes .local/bench.json
	@$(BIN)/python -m tools.bench $(ARGS)

build: $(SYNCED) $(NODE_SYNCED)  ## Stage every function for deployment in dist/, the client's packages, and the web app in web/dist/
	@$(BIN)/python -m tools.build $(ARGS)
	@$(BIN)/uv build client --out-dir dist/client --no-build-isolation --python $(BIN)/python --quiet
	@npm --prefix web run build --silent

# DRY_RUN=1 shows the plan; FILE= names the environment's file, REPLACE_SECRETS=1 stores the secrets of your environment.
DEPLOY = $(BIN)/python -m tools.deploy --project "$(PROJECT)" --region "$(REGION)" --file "$(FILE)"

deploy: $(SYNCED) $(if $(DRY_RUN),,$(NODE_SYNCED))  ## Bring an environment into its project (PROJECT=… REGION=…; DRY_RUN=1 shows the plan)
	@exec $(DEPLOY) $(if $(DRY_RUN),--dry-run) $(if $(REPLACE_SECRETS),--replace-secrets)

destroy: $(SYNCED) $(NODE_SYNCED)  ## Take an environment away, but for its data (PROJECT=… REGION=…)
	@exec $(DEPLOY) --destroy

# The functions' pins are constrained by the development pins: what is tested is what is deployed.
lock: $(SYNCED)  ## Pin the dependencies of pyproject.toml and package.json again (ARGS="--upgrade" takes new versions)
	@$(COMPILE) $(ARGS) --group dev --output-file requirements-dev.txt pyproject.toml
	@for name in $(FUNCTIONS); do \
		mkdir -p functions/$$name && \
		$(COMPILE) --upgrade --constraint requirements-dev.txt --group $$name \
			--output-file functions/$$name/requirements.txt pyproject.toml || exit 1; \
	done
	@for folder in $(NODE_PACKAGES); do \
		npm --prefix $$folder install --package-lock-only --no-audit --no-fund --silent && \
		$(BIN)/python -m tools.npm_lock $$folder/package-lock.json || exit 1; \
	done

clean:  ## Remove what the other targets made, except .venv and node_modules
	@rm -rf dist web/dist .local .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	@rm -rf client/.mypy_cache client/.pytest_cache client/.import_linter_cache client/.hypothesis
	@find $(SOURCES) client -name __pycache__ -type d -prune -exec rm -rf {} +

# uv comes from the same hash-pinned file that it installs afterwards.
$(SYNCED): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name one with PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		apt-get update -q && apt-get install -qy python3-venv; } || { \
		echo "Python's venv module is needed; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' requirements-dev.txt > $(VENV)/uv.txt
	@$(INSTALL) "uv, which installs the Python packages" $(BIN)/python -m pip install --disable-pip-version-check \
		--require-hashes --no-deps -r $(VENV)/uv.txt
	@$(INSTALL) "the Python packages" $(BIN)/uv pip sync --python $(BIN)/python --require-hashes requirements-dev.txt
	@touch $@

%/node_modules/.synced: %/package-lock.json
	@node -e 'process.exit(+(parseInt(process.versions.node) < $(MINIMUM_NODE)))' 2>/dev/null && npm --version >/dev/null || { \
		echo "Node.js $(MINIMUM_NODE) or newer with npm is needed; without them: make dev ARGS=\"--memory\"" >&2; exit 1; }
	@$(INSTALL) "the packages of $*" npm --prefix $* ci --prefer-offline --no-audit --no-fund --loglevel=error
	@touch $@
