# `make` lists the targets. Needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= $(or $(HUB_PORT),8021)
# More tests than cores at a time, since a third of the time they wait for another process; four at most.
PROCESSES := $(shell cores=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((cores > 1 ? 4 : 2)))
PARALLEL := -n $(PROCESSES) --dist worksteal
# Tests keep their stores in memory where there is room for them: on a disk each commit waits until it is synced.
IN_MEMORY := $(shell df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 >= 6000 { print "TMPDIR=/dev/shm" }')
CLIENTS := misp opencti
.DEFAULT_GOAL := help
# Tests start some hundred processes: without Python's compiled files each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: run
run: .venv/run ## a hub with an account for each member, one incident published and followed; then it serves on 127.0.0.1:8021
	$(BIN)/hub demo --home var --port $(PORT)

.PHONY: test
test: .venv/dev clients .venv/compiled ## run the tests, four at a time (two on one core); ARGS="tests/store -n 0" picks, one after another
	$(IN_MEMORY) $(BIN)/python -m pytest $(PARALLEL) $(ARGS)

.PHONY: clients
clients: $(CLIENTS:%=.venv/clients/%/made) ## the clients that cannot share an environment with the hub, for tests/clients

.PHONY: coverage
coverage: .venv/dev clients ## run the tests and print how much of the code they run, the least covered files first
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PARALLEL) $(ARGS); code=$$?; \
	  $(BIN)/coverage combine --quiet && $(BIN)/coverage report; exit $$code

.PHONY: lint
lint: .venv/dev ## style, and that every file is formatted
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: .venv/dev ## mypy --strict
	$(BIN)/mypy

.PHONY: check
check: lint types test ## all that must hold before a commit

.PHONY: bench
bench: .venv/dev ## measure the hub beside medallion and beside bare ceilings; OBJECTS=1000000 for the long form
	$(BIN)/python -m tests.bench $(if $(OBJECTS),--objects $(OBJECTS)) $(ARGS)

.PHONY: corpus
corpus: .venv/dev ## run the converters over a folder, and search what would leave for victims: make corpus CORPUS=folder
	$(BIN)/python -m tests.corpus $(CORPUS) $(ARGS)

.PHONY: privacy
privacy: .venv/dev ## guess the victims of a thousand incidents with every release, a register and the press; HUB_VCDB=folder adds real ones
	$(BIN)/python -m tests.privacy $(ARGS)

.PHONY: facts
facts: .venv/dev ## count what receivers could act upon in twenty incidents, in the bundle and in what leaves, beside misp-stix
	$(BIN)/python -m tests.facts $(ARGS)

.PHONY: soak
soak: .venv/dev ## the long form of the tests with faults and races, their figures at the end
	$(BIN)/python -m pytest -m soak -o faulthandler_timeout=0 $(ARGS)

.PHONY: docs
docs: .venv/dev ## the pages made from the code, and the API reference (build/docs)
	$(BIN)/python -m tests.reference
	$(BIN)/python -m pdoc --no-search -o build/docs hub $(wildcard hub/producer/api.py)

.PHONY: lock
lock: ## pin every dependency again, with hashes (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate --extra server --extra reports -o .lock/run.txt pyproject.toml .lock/build.in
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate --no-emit-package threat-sharing-hub --all-extras -o .lock/dev.txt pyproject.toml .lock/build.in
	for client in $(CLIENTS); do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate -o .lock/clients-$$client.txt .lock/clients-$$client.in || exit 1; done
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate -o .lock/release.txt .lock/release.in

.PHONY: release
release: .venv/run build/tools ## the wheel (built twice and compared), its SBOM and constraints.txt, all in dist/
	rm -rf dist build/again
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build -t wheel -d dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build -t wheel -d build/again
	cmp dist/*.whl build/again/*.whl
	cp .lock/run.txt dist/constraints.txt
	build/tools/bin/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --of JSON -o dist/sbom.cdx.json .lock/run.txt
	cd dist && sha256sum *.whl constraints.txt sbom.cdx.json > SHA256SUMS

.PHONY: pip-audit
pip-audit: build/tools ## ask the advisory database about every pinned dependency (needs the network)
	build/tools/bin/pip-audit --strict --disable-pip --require-hashes -r .lock/run.txt

.PHONY: clean
clean: ## remove the environment and what was built
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*

# One environment; `run` puts in what the hub needs, `dev` all else besides.
.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	@touch $@

# Tools of a release, apart from the hub's own environment.
build/tools: .lock/release.txt
	rm -rf $@
	$(PYTHON) -m venv $@
	$@/bin/pip install -q --disable-pip-version-check --require-hashes -r .lock/release.txt

.venv/run: .venv/made .lock/run.txt pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r .lock/run.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# In a new clone each process of the tests would compile all of their files; here one does.
.venv/compiled: .venv/dev
	$(BIN)/python -m pytest --collect-only -q >/dev/null
	@touch $@

.venv/dev: .venv/made .lock/dev.txt pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r .lock/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/run

# Older misp-stix and pycti ask for other versions of the same packages, and one brings a package of another's name.
.venv/clients/%/made: .lock/clients-%.txt .venv/made
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@
