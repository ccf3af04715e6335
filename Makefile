PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP_FLAGS ?=

.PHONY: catalogue screenshots demo test test-slow lint format bench demo-weights demo-card demo-models clean

demo: $(READY)
	$(BIN)/kimikoe demo ./demo-studio

test: $(READY)
	$(BIN)/pytest -n 2 --dist loadfile

test-slow: $(READY)
	$(BIN)/pytest -m "slow or not slow"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Extracts every message, keeps the translations that stand, compiles; says what is still to translate.
catalogue: $(READY)
	$(BIN)/python -m tools.catalogue

# Every room of a studio as a person sees it, for the manual; needs xterm, Xvfb, xdotool and ImageMagick.
STUDIO ?= demo-studio
screenshots: $(READY)
	$(BIN)/python -m tools.screenshots $(STUDIO) docs/rooms

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m bench --all

# Draws and trains the demo's models from nothing, in some hours; stop it and go on as you like.
demo-weights: $(READY)
	$(BIN)/python -m engine.demo.training demo-weights --shipped engine/demo/weights

# Measures the embedded models and writes their card anew.
demo-card: $(READY)
	$(BIN)/python -m engine.demo.training demo-weights --shipped engine/demo/weights --only card

# Trains what tests use beside the embedded models, ControlNets and a small SDXL, from those; begin in an empty folder.
demo-models: $(READY)
	$(BIN)/python -m engine.demo.training demo-weights/models --shipped engine/demo/weights --beside demo-models \
	    --only take-shipped controlnets controlnet-cards sdxl sdxl-card

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(PIP_FLAGS) -c constraints.txt torch
	$(BIN)/python -m pip install --quiet $(PIP_FLAGS) -c constraints.txt -e '.[cpu,dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) build dist *.egg-info
