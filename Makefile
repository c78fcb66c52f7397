# Sets itself up in a fresh clone: needs python3 with pip, and make.
#
#   make demo    the main job, told as a story on the local Azure
#   make serve   the same local Azure, left running
#   make test    format, lint, types, layers and all tests
#   make test-az every command line of infra/watch, parsed by Microsoft's own az
#   make package the app as a zip, ready to run, with its bill of materials, into dist
#   make test-package that zip, run by Microsoft's worker with nothing else installed
#   make scan    every lock file, held against the known vulnerabilities
#   make test-acceptance the run that proves all on a live Azure, on the local one
#   make faults  every fault at every call of every kind of run, and other random estates, for an hour
#   make bench   calls to Azure, our own time, imports: measured and printed
#   make bicep   what infra/ compiles to, into infra/compiled (needs Microsoft's bicep on PATH)
#   make planted bugs planted on purpose, one by one, and the test that catches each

SHELL := /bin/sh
PYTHON := .venv/bin/python
UV := .tools/bin/uv
READY := .venv/.ready
AZ_READY := .az/.ready
SCAN_READY := .scan/.ready
LOCKS := $(wildcard requirements*.txt bench/requirements-*.txt)

# pyenv's shims fail for a version that is not selected: select its 3.13, where there is one.
PYENV_313 := $(shell pyenv latest 3.13 2>/dev/null)
ifneq ($(PYENV_313),)
export PYENV_VERSION := $(PYENV_313)
endif

.PHONY: help
help:
	@sed -n 's/^#   //p' Makefile

.PHONY: demo
demo: $(READY) dig
	@$(PYTHON) -m demo

.PHONY: serve
serve: $(READY) dig
	@$(PYTHON) -m simulator serve

.PHONY: test
test: $(READY) dig
	$(PYTHON) -m ruff format --check --quiet .
	$(PYTHON) -m ruff check --quiet .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports --no-cache
	$(PYTHON) -m pytest --numprocesses 4 --dist worksteal --cov --cov-report term
	@echo "not run: make test-az, which parses the command lines of infra/watch with Microsoft's own az;"
	@echo "  make test-package, which builds the package and runs it in Microsoft's worker;"
	@echo "  make test-acceptance, which runs infra/acceptance on the local Azure"

.PHONY: test-az
test-az: $(READY) $(AZ_READY)
	$(PYTHON) -m pytest tests/az

.PHONY: package
package: $(READY)
	@$(PYTHON) -m infra.package

.PHONY: test-package
test-package: package
	$(PYTHON) -m pytest tests/package

.PHONY: scan
scan: $(SCAN_READY)
	@for lock in $(LOCKS); do echo "$$lock"; .scan/bin/pip-audit --strict --progress-spinner off \
	  --require-hashes --disable-pip --requirement "$$lock" || failed=1; done; exit $${failed:-0}

.PHONY: test-acceptance
test-acceptance: $(READY) dig
	$(PYTHON) -m pytest --numprocesses 2 --dist worksteal tests/acceptance

.PHONY: faults
faults: $(READY)
	ACR_PRIVATE_DNS_FAULTS=all $(PYTHON) -m pytest --quiet --numprocesses 2 --dist worksteal tests/faults tests/simulation

.PHONY: bench
bench: $(READY)
	@$(PYTHON) -m bench

.PHONY: bicep
bicep: $(READY)
	@$(PYTHON) -m infra.build

.PHONY: planted
planted: $(READY)
	@$(PYTHON) -m tests.planted

.PHONY: format
format: $(READY)
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

# Each lock is one for all platforms, and every file that it allows has a hash in it.
COMPILE = $(UV) pip compile --quiet --python-version 3.13 --universal --upgrade \
  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

.PHONY: lock
lock: $(UV)
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --group dev --constraint requirements.txt -o requirements-dev.txt
	$(COMPILE) pyproject.toml --group cli --constraint requirements-dev.txt -o requirements-cli.txt
	echo azure-cli | $(COMPILE) - --no-annotate -o requirements-az.txt
	echo pip-audit | $(COMPILE) - --no-annotate --only-binary :all: -o requirements-scan.txt
	echo uv | $(COMPILE) - --no-annotate --only-binary :all: -o requirements-uv.txt
	for name in c7n-azure octodns; do echo $$name | $(COMPILE) - --no-annotate \
	  --only-binary :all: -o bench/requirements-$$name.txt || exit 1; done

.PHONY: clean
clean:
	rm -rf .az .bench .scan .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage dist

# Without root or apt the demo and the tests ask with dnspython instead, in the same words.
.PHONY: dig
dig:
	@command -v dig >/dev/null || { echo "dig is not installed: trying apt-get install bind9-dnsutils"; \
	  { apt-get update -qq && apt-get install -y -qq bind9-dnsutils; } >/dev/null 2>&1; } \
	  || echo "dig is not installed; dnspython asks in its place"

$(READY): requirements-dev.txt $(UV)
	@$(UV) venv --quiet --clear --python 3.13 .venv
	@$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(PYTHON) requirements-dev.txt
	@touch $(READY)

# azure-cli pins what the app does not, so it has an environment of its own.
$(AZ_READY): requirements-az.txt $(UV)
	@$(UV) venv --quiet --clear --python 3.13 .az
	@$(UV) pip sync --quiet --require-hashes --python .az/bin/python requirements-az.txt
	@touch $(AZ_READY)

$(SCAN_READY): requirements-scan.txt $(UV)
	@$(UV) venv --quiet --clear --python 3.13 .scan
	@$(UV) pip sync --quiet --require-hashes --python .scan/bin/python requirements-scan.txt
	@touch $(SCAN_READY)

$(UV): requirements-uv.txt
	@python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
	  --root-user-action ignore --require-hashes --only-binary :all: --upgrade --target .tools \
	  --requirement requirements-uv.txt
	@touch $(UV)
