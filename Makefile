# penstock. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# Only a value given on make's own command line reaches a person's cluster: an exported KUBECONFIG changes nothing.
ifeq ($(origin KUBECONFIG),command line)
CLUSTER := --kubeconfig '$(KUBECONFIG)' $(if $(CONTEXT),--context '$(CONTEXT)')
endif

.PHONY: help setup up down test lint format crds reference golden guards soak bench bench-full differential tools clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo
	@echo "  make up ONCE=1                     one round, then exit (0 if it worked)"
	@echo "  make up WORKLOADS=1                with controller-manager, scheduler and simulated nodes"
	@echo "  make up KUBECONFIG=F [CONTEXT=C]   on your own cluster, after asking (YES=1: without)"

setup: $(STAMP) ## virtual environment with all dependencies

$(STAMP): requirements.txt pyproject.toml
	@echo "► setting up $(VENV) (about a minute the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "✗ penstock needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "✗ $(PYTHON) cannot make a virtual environment: install its venv package" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

up: setup ## the main job: a control plane, the functions, a Git server, one push
	@$(BIN)/penstock up $(CLUSTER) $(if $(ONCE),--once) $(if $(YES),--yes) $(if $(WORKLOADS),--workloads)

down: setup ## stop what `make up` started and remove what it brought
	@$(BIN)/penstock down $(CLUSTER)

tools: setup ## build everything that the tests need (cached)
	@$(BIN)/penstock tools build --workloads --emulators --forge

test: setup tools ## all tests, on a real control plane and real Git servers
	@$(BIN)/python -m pytest $(ARGS)

lint: setup ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy shared/penstock tests bench
	@for main in functions/*/main.py; do $(BIN)/mypy $$main || exit 1; done
	@$(BIN)/lint-imports

format: setup ## let ruff format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

crds: setup ## infra/crds from the models
	@$(BIN)/python -m penstock.api.crds infra/crds

reference: setup ## docs/reference.md from the settings and the models
	@$(BIN)/python -m penstock.cli.reference docs/reference.md

golden: setup ## the golden files of the tests, from upstream's own code
	@$(BIN)/python -m tests.golden

guards: setup tools ## take out the guard of each row of docs/reliability.md, see its test fail; ROWS='A-01 B-17' for some
	@$(BIN)/python -m tests.guards $(ROWS)

soak: setup tools ## random commits, kills and deliveries for MINUTES=5; SEED=… tells one story again
	@$(BIN)/python -m tests.soak $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

bench: setup tools ## Flux's own controllers beside penstock, in turns: two fleets, about 20 minutes; ARGS=--fresh
	@$(BIN)/python -m bench $(ARGS)

bench-full: setup tools ## all fleets, Flux with tuned flags too: hours, in the background; goes on where it stopped
	@$(BIN)/python -m bench --full --background $(ARGS)

differential: setup ## the same repositories through Flux and penstock; FLEETS='story images' SEED=… EXAMPLES=10
	@$(BIN)/python -m bench.differential $(FLEETS) $(if $(SEED),--seed $(SEED)) $(if $(EXAMPLES),--examples $(EXAMPLES))

clean: ## remove the virtual environment and local state
	@rm -rf $(VENV) .penstock build
