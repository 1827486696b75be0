# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# ministack and microburst pin other versions of botocore, so they live apart; only tests use them.
MINISTACK := .venv-ministack/.installed
MICROBURST := .venv-microburst/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test chaos check format bench docs recording resource-types reference live clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.installed: pyproject.toml
	@echo "Installing Panka into .venv (a minute or two) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.venv/.tested: .venv/.installed
	@echo "Installing what the tests and checks need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,test]'
	@touch $@

$(MINISTACK):
	@echo "Installing the second AWS endpoint into .venv-ministack ..."
	@$(PYTHON) -m venv .venv-ministack
	@.venv-ministack/bin/python -m pip install --quiet --disable-pip-version-check ministack==1.5.33
	@touch $@

$(MICROBURST):
	@echo "Installing the proxy that throttles into .venv-microburst ..."
	@$(PYTHON) -m venv .venv-microburst
	@.venv-microburst/bin/python -m pip install --quiet --disable-pip-version-check microburst==0.10.0
	@touch $@

setup: .venv/.tested $(MINISTACK) $(MICROBURST) ## install everything for development

demo: .venv/.installed ## bring up the embedded parts and deploy examples/shop to them
	@$(BIN)/panka apply --local --yes --stay examples/shop -e dev

test: setup ## run every test (no Docker, no AWS account)
	@$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

chaos: SEED ?= 1
chaos: TRIALS ?= 200
chaos: setup ## 200 runs against random trouble (SEED=1 TRIALS=200); writes the table of docs/operate/reliability.md
	@PYTHONPATH=tests $(BIN)/python -m chaos.run --seed $(SEED) --trials $(TRIALS) --write

check: setup ## lint, types, import contracts, freshness of generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=typings $(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/resource_types.py --check
	@$(BIN)/python tools/own_providers.py --check
	@$(BIN)/python tools/diagnostics_page.py --check
	@$(BIN)/python tools/reference_pages.py --check
	@$(BIN)/python tools/providers_page.py --check

format: .venv/.tested ## mend what can be mended by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/.tested ## measure, side by side
	@$(BIN)/python benchmarks/startup.py
	@$(BIN)/python benchmarks/plan.py
	@$(BIN)/python benchmarks/schedule.py
	@$(BIN)/python benchmarks/run.py

docs: .venv/.installed ## build the pages into site/
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

recording: .venv/.tested ## play and draw the recording of the README (docs/images/recording.svg)
	@$(BIN)/python tools/recording.py

resource-types: .venv/.tested ## regenerate the facts about AWS types from cfn-lint's schemas and our providers
	@$(BIN)/python tools/resource_types.py
	@$(BIN)/python tools/own_providers.py

reference: .venv/.tested ## regenerate the pages that come from the code
	@$(BIN)/python tools/diagnostics_page.py
	@$(BIN)/python tools/reference_pages.py
	@$(BIN)/python tools/providers_page.py

live: setup ## the test on containers; needs root and Debian's docker.io and debootstrap
	@tools/live.sh

clean: ## remove environments and what runs have left
	rm -rf .venv .venv-ministack .venv-microburst .venv-terraform .panka build site .mypy_cache .ruff_cache .pytest_cache .hypothesis
