# Sets itself up: needs python3 (any supported version, with pip) and make.
SHELL := /bin/sh
PYTHON := .venv/bin/python
UV := .tools/bin/uv
# pyenv's shims fail for versions that are not selected, so select 3.13 where pyenv has one.
PYENV_313 := $(shell pyenv latest 3.13 2>/dev/null)
export PYENV_VERSION := $(if $(PYENV_313),$(PYENV_313),$(PYENV_VERSION))

.PHONY: lock
lock: $(UV) ## pin and hash the requirements anew
	$(UV) pip compile -q pyproject.toml --python-version 3.13 --universal --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header -o requirements.txt
	$(UV) pip compile -q pyproject.toml --group dev --python-version 3.13 --universal --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header -c requirements.txt -o requirements-dev.txt

$(UV):
	python3 -m pip install --quiet --disable-pip-version-check --target .tools uv
