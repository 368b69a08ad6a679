# One target for each task; `make` alone lists them.
PYTHON ?= python3
STAGE ?= dev
PORT ?= 8000
DATA_DIR ?= .data
STORE ?= dynoxide
CLOUD_PORT ?= 4566
WORKERS ?= $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))
DYNOXIDE := @dynoxide/linux-x64@1.2.1
AXE := axe-core@4.14.1
ASYNCAPI := @asyncapi/specs@6.11.1
VERIFIERS := standardwebhooks@1.1.1 svix@1.99.1 cloudevents@10.0.0

BIN := .venv/bin
UV := $(BIN)/uv
READY := .venv/ready
READY_TO_DEVELOP := .venv/ready-to-develop
READY_TO_TEST := .venv/ready-to-test
CLOUD_READY := .venv/ministack/ready
DYNOXIDE_READY := .venv/dynoxide/ready
ON_LINUX_X64 := $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -))
STORE_READY := $(READY) $(if $(and $(ON_LINUX_X64),$(filter dynoxide,$(STORE))),$(DYNOXIDE_READY))
# The first set-up waits as long as npm does; a later try must not hold up a start.
BRIEFLY := $(if $(wildcard $(READY)),--fetch-retries=0 --fetch-timeout=20000)

.DEFAULT_GOAL := help
.PHONY: help setup lock run cloud check lint test test-unit fix clean coverage bench screenshots package plan deploy status alarm-test rollback destroy backup restore replace

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 13

setup: $(READY_TO_TEST) $(STORE_READY) ## Set up .venv; quick when nothing has changed

lock: $(READY) ## Pin what requirements/*.in name, with hashes, in requirements*.txt (UPGRADE=1: newer ones of what those bring)
	$(call pin,dev.txt,lambda.in run.in dev.in)
	$(call pin,run.txt,lambda.in run.in -c dev.txt)
	$(call pin,../requirements.txt,lambda.in -c dev.txt)
	$(call pin,cloud.txt,cloud.in)
	$(call pin,sam.txt,sam.in --no-deps)
	$(call pin,uv.txt,uv.in)

run: $(STORE_READY) ## Start Taskhook on 127.0.0.1 (PORT=8000 DATA_DIR=.data STORE=dynoxide)
	@exec $(BIN)/python -m local --port $(PORT) --data-dir $(DATA_DIR) --store $(STORE)

cloud: $(READY_TO_DEVELOP) $(CLOUD_READY) ## Deploy the stack to an emulated cloud here, until Ctrl-C (CLOUD_PORT=4566)
	@$(MAKE) --no-print-directory package
	@exec $(BIN)/python -m tools.cloud --port $(CLOUD_PORT)

# import-linter and matplotlib have no release for Python 3.10, where all else is tested.
check: setup ## Run every linter (Python 3.11 or newer)
	@if [ -x $(BIN)/lint-imports ]; then $(MAKE) --no-print-directory lint; \
	else echo "The linters need Python 3.11 or newer, so that only the tests run."; fi

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell

# A third of the time, tests wait for what they have started: three of them keep two cores busy.
test: check ## Run every linter and every test (WORKERS=: half as many again as cores)
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

# These compute and seldom wait: a worker more than there are cores takes 10 % longer.
test-unit: setup ## Run the fast tests, those without processes
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not process" tests/domain tests/services tests/adapters

fix: setup ## Apply ruff's fixes and formatting
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean: ## Remove out/, caches and coverage; keep .venv, .data and bench/results.json
	rm -rf out htmlcov .coverage .coverage.* .hypothesis \
	  .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +

coverage: setup ## Run every test and report uncovered lines and branches
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --cov

bench: $(READY_TO_DEVELOP) $(STORE_READY) ## Run the benchmarks, print a table, write bench/results.json
	$(BIN)/python -m bench

screenshots: setup ## Take a picture of every page (out/screenshots), and update docs/img
	$(BIN)/python -m tools.screenshots

package: $(READY) ## Write out/deployment.zip and out/sam.json
	$(BIN)/python -m tools.package --stage $(STAGE)

deploy: $(READY) ## Deploy the stack to AWS (STAGE=dev); print its URL, a curl with the token, and where the password is
	@$(BIN)/python -m tools.deploy check
	@$(MAKE) --no-print-directory package
	$(BIN)/python -m tools.deploy deploy --stage $(STAGE)$(if $(YES), --yes)

plan: $(READY) ## Show what make deploy would do (STAGE=dev, JSON=1)
	@$(BIN)/python -m tools.deploy check
	@$(MAKE) --no-print-directory package >&2
	@$(BIN)/python -m tools.deploy plan --stage $(STAGE)$(if $(JSON), --json)

status: $(READY) ## Show a stage in one screen (STAGE=dev): version, alarms, pending deliveries, last error
	@$(BIN)/python -m tools.status show --stage $(STAGE)$(if $(JSON), --json)

alarm-test: $(READY) ## Trigger one alarm (STAGE=dev) to test its notification
	@$(BIN)/python -m tools.status alarm-test --stage $(STAGE)

rollback: $(READY) ## Go back to the previous release (STAGE=dev)
	$(BIN)/python -m tools.deploy rollback --stage $(STAGE)

destroy: $(READY) ## Delete the stack but not its data (STAGE=dev); asks first
	$(BIN)/python -m tools.deploy destroy --stage $(STAGE)

backup: $(READY) ## Back up all tables (STAGE=dev), or TABLE=, under a name (BACKUP=, default: the time)
	@$(BIN)/python -m tools.backup backup --stage $(STAGE) $(if $(TABLE),--table $(TABLE)) $(if $(BACKUP),--name $(BACKUP))

restore: $(READY) ## Restore all tables or TABLE=, from a backup (FROM=) or a point in time (TIME=); MISSING_ONLY=1, DRY_RUN=1; asks in prod (YES=1)
	@$(BIN)/python -m tools.backup restore --stage $(STAGE) $(if $(TABLE),--table $(TABLE)) \
	  $(if $(FROM),--from $(FROM)) $(if $(TIME),--time '$(TIME)') \
	  $(if $(MISSING_ONLY),--missing-only) $(if $(DRY_RUN),--dry-run) $(if $(YES),--yes)

replace: $(READY) ## Replace a table (TABLE=) of a destroyed stage by one of this release's shape, with the rows of a backup (FROM=)
	@$(BIN)/python -m tools.deploy check
	@$(MAKE) --no-print-directory package
	@$(BIN)/python -m tools.replacing --stage $(STAGE) --table $(TABLE) --from $(FROM)

# What `make lock` pins is the same for each Python and platform that Taskhook supports.
pin = @cd requirements && ../$(UV) pip compile --quiet --system-certs --universal --python-version 3.10 --generate-hashes \
  --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --output-file $(1) $(2)

# Installs into a folder what the lock files name, and nothing else: uv in seconds, or pip in minutes.
# uv believes the system's certificates, as pip does: a company network may need one of its own.
# Without a marker an earlier try was interrupted, and what it left is installed again.
install = @again=$$(test -e $@ || echo --reinstall); rm -f $@; \
  if [ -x $(UV) ] && $(UV) pip install --quiet --system-certs $$again --python $(1) --no-deps --require-hashes $(2:%=-r %); then :; \
  else echo "uv cannot install here; pip can, in some minutes"; \
    $(1)/bin/python -m pip install --quiet --disable-pip-version-check $${again:+--ignore-installed} \
      --no-deps --require-hashes $(2:%=-r %); fi

$(READY): Makefile requirements/run.txt requirements/uv.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv  # again where it was interrupted
	@echo "Installing what a run needs into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
	  -r requirements/uv.txt || true
	$(call install,.venv,requirements/run.txt)
ifeq ($(ON_LINUX_X64),)
	@echo "No dynoxide for this platform: make run keeps its data in memory."
endif
	@$(BIN)/python -m tools.entry_point $(BIN)/taskhook
	@touch $@

# Made only where npm succeeds, so that each `make run` and `make setup` tries again until it does.
$(DYNOXIDE_READY): Makefile | $(READY)
	@if ! command -v npm >/dev/null; \
	then command -v dynoxide >/dev/null \
	  || echo "No npm here, so no dynoxide: data is kept in memory. Install npm, then make run again."; \
	elif why=$$(npm install --loglevel error --no-fund --no-audit --no-save $(BRIEFLY) \
	  --prefix .venv/dynoxide $(DYNOXIDE) 2>&1 >/dev/null); then touch $@; \
	else echo "npm could not install dynoxide: data is kept in memory. The next make run tries again. npm says:"; \
	  echo "$$why" | sed '/ errno /d; / syscall /d' | sed 2q; fi

$(READY_TO_DEVELOP): $(READY) requirements/dev.txt requirements/sam.txt
	@echo "Installing what builds and tests Taskhook into .venv"
	$(call install,.venv,requirements/dev.txt requirements/sam.txt)
	@touch $@

# Only the tests need this; `make run` does not wait for it.
$(READY_TO_TEST): $(READY_TO_DEVELOP) $(CLOUD_READY)
	@if command -v npm >/dev/null; \
	then npm install --silent --no-fund --no-audit --no-save --prefix .venv/axe $(AXE) >/dev/null \
	  || echo "npm could not install axe-core: the pages' accessibility is not tested."; fi
	@if command -v npm >/dev/null; \
	then npm install --silent --no-fund --no-audit --no-save --prefix .venv/asyncapi $(ASYNCAPI) >/dev/null \
	  || echo "npm could not install AsyncAPI's rules: /asyncapi.json is not checked against them."; fi
	@if command -v npm >/dev/null; \
	then npm install --silent --no-fund --no-audit --no-save --prefix .venv/verifiers $(VERIFIERS) >/dev/null \
	  || echo "npm could not install what verifies signatures in JavaScript: it is not tested."; fi
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! command -v chromium >/dev/null; \
	then echo "Installing Chromium, which tests the pages"; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation; } >/dev/null 2>&1 \
	  || echo "Chromium could not be installed: the pages are not tested in a browser."; fi
	@touch $@

$(CLOUD_READY): $(READY) requirements/cloud.txt
	@.venv/ministack/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv/ministack
	$(call install,.venv/ministack,requirements/cloud.txt)
	@touch $@
