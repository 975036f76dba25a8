# make demo   the two-neuron example: numbers on the terminal, pictures in pictures/
# make test   the tests
# Both make .venv and install what they need the first time, and start at once after that.

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
PIP     = $(BIN)/python -m pip install --quiet --disable-pip-version-check
OUT    ?= pictures/vanishing_gradient

.PHONY: demo test lint doctest oracle bench clean

demo: $(VENV)/installed-demos
	$(BIN)/python -m demos.vanishing_gradient --out $(OUT)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy

doctest: $(VENV)/installed-dev
	$(BIN)/python -m pytest --doctest-modules --doctest-glob='*.md' \
	    autograd nn viz demos README.md docs/glossary.md

# An engine that is not ours, for the tests to compare with; without it they say so and skip.
oracle: $(VENV)/installed-dev
	@$(PIP) --editable '.[oracle]' || echo "left out: PyTorch"

# Peers that cannot be had are left out.  HIPS autograd goes by the name of our engine, and
# Keras is to run on JAX alone: each gets an environment of its own, unless one of the variables
# CHAINRULE_BENCH_HIPS and CHAINRULE_BENCH_KERAS names its python.  tinygrad needs clang.
PEERS      ?= micrograd mygrad tinygrad torch jax scikit-learn
PEERS-hips  = numpy autograd
PEERS-keras = numpy keras jax

bench: $(VENV)/installed-bench \
    $(if $(CHAINRULE_BENCH_HIPS),,$(VENV)-hips/installed) \
    $(if $(CHAINRULE_BENCH_KERAS),,$(VENV)-keras/installed)
	$(BIN)/python -m benchmarks

$(VENV)/installed-bench: setup.cfg
	@test -x $(BIN)/python || { echo "making $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing chainrule[bench] into $(VENV)"
	@$(PIP) --editable '.[bench]' || { $(PIP) --editable '.[plots]' && \
	    for peer in $(PEERS); do $(PIP) $$peer || echo "left out: $$peer"; done; }
	@touch $@

$(VENV)-%/installed:
	@echo "making $(VENV)-$* for $(lastword $(PEERS-$*))"
	@{ $(PYTHON) -m venv $(VENV)-$* && \
	    $(VENV)-$*/bin/python -m pip install --quiet --disable-pip-version-check $(PEERS-$*) && \
	    touch $@; } || echo "left out: $(PEERS-$*)"

# one stamp for each set of extras, renewed when the metadata changes
$(VENV)/installed-%: setup.cfg pyproject.toml
	@test -x $(BIN)/python || { echo "making $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing chainrule[$*] into $(VENV)"
	@$(PIP) --editable '.[$*]' || { test $* = demos && \
	    echo "not all of it can be had here: going on with what the engine itself needs" && \
	    $(PIP) --editable .; }
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-hips $(VENV)-keras pictures build *.egg-info
