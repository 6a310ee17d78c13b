# Escalation: `make run` tries it, `make test` checks it.

PYTHON ?= python3
PORT ?= 8000
DATA ?= ./var/demo
WORKERS ?= 2
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

.PHONY: help run test check types style imports bandit scan browser provider bench history lock clean
.DELETE_ON_ERROR:

help:
	@echo "make run      start the demonstration (PORT=$(PORT) DATA=$(DATA)); Ctrl-C stops it"
	@echo "make test     check everything, as the build does (ARGS='-k name' is passed to pytest)"
	@echo "make check    only lint, format, types, import contracts and bandit"
	@echo "make scan     bandit over the code, and pip-audit over the locks (needs the network)"
	@echo "make bench    measure it (QUICK=1: about a minute; PEERS=1: also what others use; ARGS='--help' says more)"
	@echo "make history  random people, kills and clock moves, as long as you like (ARGS='--seconds 3600'; ARGS='--help' says more)"
	@echo "make lock     choose the newest versions again and write requirements/*.txt"
	@echo "make clean    remove what these commands made, except $(DATA)"

run: .venv/project.stamp
	@exec .venv/bin/escalation demo --port "$(PORT)" --data "$(DATA)"

# What needs one processor or the network goes side by side; of bandit, a test asks (tests/house/test_dangerous_parts.py).
test: .venv-test/project.stamp
	@$(MAKE) --no-print-directory -j $(WORKERS) types style imports browser provider
	@.venv-test/bin/pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: .venv-test/project.stamp
	@$(MAKE) --no-print-directory -j $(WORKERS) types style imports bandit

types: .venv-test/project.stamp
	@.venv-test/bin/mypy

style: .venv-test/project.stamp
	@.venv-test/bin/ruff check .
	@.venv-test/bin/ruff format --check .

imports: .venv-test/project.stamp
	@.venv-test/bin/lint-imports --no-logo

bandit: .venv-test/project.stamp
	@.venv-test/bin/python -m scripts.scan

# Asks PyPI what is known of each package of the locks, so it needs the network; the build does not wait for it.
scan: .venv-test/project.stamp
	@.venv-test/bin/python -m scripts.scan --locks

browser: .venv-test/project.stamp
	@.venv-test/bin/python tests/support/browser.py

provider: .venv-test/project.stamp
	@.venv-test/bin/python tests/support/openid.py

bench: .venv-test/project.stamp $(if $(PEERS),.cache/bench/peers.stamp)
	@.venv-test/bin/python -m benchmarks $(if $(QUICK),--quick) $(if $(PEERS),--peers) $(ARGS)

history: .venv-test/project.stamp
	@.venv-test/bin/python -m tests.history $(ARGS)

# The peers have an environment of their own: nothing of theirs comes near the product.
.cache/bench/peers.stamp: setup.cfg
	@echo "Installing the peers into $(@D); this takes a minute, once."
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install -qq -e '.[bench]'
	@touch $@

# An environment is built again when its lock changes; the project alone when its metadata does.
.venv/lock.stamp: requirements/run.txt
.venv-test/lock.stamp: requirements/test.txt

%/lock.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: name one with PYTHON=, as in 'make run PYTHON=python3.12'."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "This Python cannot make environments: install its venv module (python3-venv on Debian)."; exit 1; }
	@echo "Installing $< into $(@D); this takes a minute, once."
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install -qq --require-hashes -r $<
	@touch $@

%/project.stamp: %/lock.stamp setup.cfg pyproject.toml
	@$(@D)/bin/python -m pip install -qq --no-build-isolation --no-deps -e .
	@touch $@

.PRECIOUS: %/lock.stamp %/project.stamp

UV_COMPILE = .cache/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
  --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links

lock:
	@test -x .cache/lock/bin/uv || $(PYTHON) -m venv .cache/lock
	@.cache/lock/bin/python -m pip install -qq --upgrade uv
	@$(UV_COMPILE) -o requirements/run.txt setup.cfg requirements/build.in
	@$(UV_COMPILE) -c requirements/run.txt --extra test -o requirements/test.txt setup.cfg requirements/build.in
	@echo "Wrote requirements/run.txt and requirements/test.txt."

clean:
	@rm -rf .venv .venv-test .cache build dist *.egg-info
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find escalation workflows web tests scripts -name __pycache__ -prune -exec rm -rf {} +
