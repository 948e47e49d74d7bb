# Everything installs itself into folders of this repository; prerequisites are Python >= 3.11, Node >= 20 with npm,
# make and git. `make` alone prints this help.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.SHELLFLAGS := -ec
.DELETE_ON_ERROR:
.SUFFIXES:

PYTHON_MINOR := $(shell cat .python-version)
ENV ?= dev
OUT ?= dist
ARGS ?=

# uv: the one on the PATH if there is one, else our own, hash-pinned, in .tools.
UV := $(or $(shell command -v uv 2>/dev/null),$(CURDIR)/.tools/uv/bin/uv)
export UV
BIN := .venv/bin
CDK := node_modules/.bin/cdk
# Byte code must be written: without it every synth compiles the CDK library again.
unexport PYTHONDONTWRITEBYTECODE
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = 20
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION = 1
export CDK_DISABLE_CLI_TELEMETRY = 1

.PHONY: help
help:  ## this text
	@printf 'Polaris Express charging. Targets:\n\n'
	@awk -F':.*##' '/^[a-z-]+:.*##/ { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  make run ARGS=--once   play one cycle and exit\n  make deploy ENV=prod CONFIRM=prod ARGS="-c webDomain=…"\n'

# --- what the targets need -----------------------------------------------------------------------------------------

$(CURDIR)/.tools/uv/bin/uv: requirements/uv.txt
	@echo 'installing uv into .tools/uv'
	@python3 -m venv .tools/uv
	@.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# The Lambda runtime's minor is preferred; uv downloads it where it can. Without it any Python >= 3.11 serves for
# everything here but a deployment to AWS, whose byte code must match the runtime (infra/bundling.py refuses).
.venv/.installed: requirements/dev.txt .python-version | $(UV)
	@echo 'installing the Python environment into .venv'
	@$(UV) venv --quiet --clear --python $(PYTHON_MINOR) .venv 2>/dev/null || { \
	  echo 'no Python $(PYTHON_MINOR) to be had; going on with another one (make deploy needs $(PYTHON_MINOR))'; \
	  $(UV) venv --quiet --clear --python '>=3.11' .venv; }
	@$(UV) pip install --quiet --require-hashes --python $(BIN)/python -r requirements/dev.txt
	@touch $@

.tools/emulator/.installed: requirements/emulator.txt .venv/.installed
	@echo 'installing the AWS emulator into .tools/emulator'
	@$(UV) venv --quiet --clear --python $(BIN)/python .tools/emulator
	@$(UV) pip install --quiet --require-hashes --python .tools/emulator/bin/python -r requirements/emulator.txt
	@touch $@

$(CDK): package.json package-lock.json
	@echo 'installing the CDK command line into node_modules'
	@npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: install
install: .venv/.installed .tools/emulator/.installed $(CDK)  ## install everything, without running anything

# --- what people do ------------------------------------------------------------------------------------------------

.PHONY: run
run: install  ## the whole system on this machine: play start, charging, stop once, then keep running
	@$(BIN)/python -m local run $(ARGS)

.PHONY: test
test: install  ## every test: unit, contract, infra, and end to end on the local stack
ifneq ($(ARGS),)
	@$(BIN)/python -m pytest $(ARGS)
else
# The end-to-end tests mostly wait for chargers: they run beside all others, and what they print follows. Which tests
# failed comes last, whichever they were: the end of a long log is what people see. What the trap says must not become
# the exit status, as it does under `sh -e`.
	@mkdir -p .cache; rm -f .cache/failed; \
	$(BIN)/python -m pytest tests/local >.cache/tests-local.log 2>&1 & beside=$$!; \
	trap 'kill $$beside 2>/dev/null || true' EXIT; \
	{ $(BIN)/python -m pytest tests/contract tests/infra tests/unit tests/web || touch .cache/failed; } 2>&1 \
	  | tee .cache/tests.log; \
	echo 'waiting for the end-to-end tests, which run beside these'; \
	wait $$beside || touch .cache/failed; \
	cat .cache/tests-local.log; \
	for log in .cache/tests.log .cache/tests-local.log; do grep -E '^(FAILED|ERROR) |^=+ .* in [0-9.]+s' $$log || true; done; \
	test ! -e .cache/failed
endif

.PHONY: fuzz
fuzz: install  ## more than 2,000 requests nobody would think of, against the API of a local stack; two minutes
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: bench
bench: install  ## how fast and how cheap it is, as ratios; a quarter of an hour; writes docs/performance.md
	@$(BIN)/python -m local.bench --write $(ARGS)
	@$(BIN)/python -m tests.web.bench

.PHONY: load
load: install  ## many chargers at once, their drivers stop: nothing may be lost; five minutes, ARGS="--chargers 2000" some twenty
	@$(BIN)/python -m local.bench.load $(ARGS)

.PHONY: footprint
footprint: install  ## what the agent takes of a charger's board: memory, idle processor time, import time
	@$(BIN)/python -m local.footprint $(ARGS)

.PHONY: screenshots
screenshots: install  ## pictures of every screen and state of the page, into docs/screenshots
	@$(BIN)/python -m tests.web.screenshots

.PHONY: wheel
wheel: .venv/.installed  ## the agent for a charger's board: a wheel and its pinned requirements, into OUT (dist)
	@$(BIN)/python -m hatchling build --target wheel --directory $(OUT)
	@cp requirements/agent.txt $(OUT)/

.PHONY: check
check: .venv/.installed  ## style, types, import rules, generated documents: what needs no running system
	@$(BIN)/ruff format --check --quiet . || { echo 'run make fmt'; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m local.documents --check
	@$(BIN)/openapi-spec-validator docs/openapi.json

.PHONY: fmt
fmt: .venv/.installed  ## format the code and mend what can be mended by itself
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

.PHONY: schema
schema: .venv/.installed  ## write contract/schema/*.json and docs/openapi.json from the models
	@$(BIN)/python -m local.documents

.PHONY: synth
synth: .venv/.installed  ## the CloudFormation template, into cdk.out; needs no AWS account
	@$(BIN)/python app.py

.PHONY: deploy
deploy: .venv/.installed $(CDK)  ## deploy to AWS with your credentials (ENV=dev or prod), showing the changes first
	@$(BIN)/python -m infra.preflight --env '$(ENV)' --confirm '$(CONFIRM)'
	@$(CDK) diff -c env=$(ENV) $(ARGS)
	@$(CDK) deploy -c env=$(ENV) $(ARGS) --require-approval any-change
	@$(BIN)/python -m infra.publish --env $(ENV)

.PHONY: explain
explain: .venv/.installed  ## the whole story of one session of a deployment: SESSION=01J… ENV=dev or prod
	@$(BIN)/python -m explain --env $(ENV) $(SESSION)

.PHONY: operate
operate: .venv/.installed  ## what operators do in a deployment: ARGS='sessions --overdue' ENV=dev or prod
	@$(BIN)/python -m operator_cli --env $(ENV) $(ARGS)

.PHONY: lock
lock: $(UV)  ## pin the requirements anew (requirements/*.in to hashed *.txt)
	@for name in uv lambda agent emulator dev; do \
	  $(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	    requirements/$$name.in --output-file requirements/$$name.txt; done

.PHONY: clean
clean:  ## remove everything that was installed or generated here
	@rm -rf .venv .tools .local .cache node_modules cdk.out dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
