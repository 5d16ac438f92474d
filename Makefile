# The two commands: `make lab` opens the course, `make test` runs every test. The rest is for those who write and grade it.
# NN picks notebooks ("00" or "00 01"); NAME checkpoints; CANARIES: note them anew, record nothing; ONLY: a part of an experiment; FROM is a folder of hand-ins; ASSIGNMENT a notebook's whole name.
NN ?=
NAME ?=
FROM ?=
ASSIGNMENT ?=
CANARIES ?=
ONLY ?=
PORT ?= 8888
BIN = .venv/bin
# JupyterLab refuses to run as root, as in many containers, unless told.
AS_ROOT = $$([ "$$(id -u)" = 0 ] && echo --allow-root)

.PHONY: lab test test-full build stamp check release grade formgrader experiments checkpoints data bench format clean env-lab env-test

lab: env-lab
	$(BIN)/jupyter lab $(AS_ROOT) --port $(PORT) --LabApp.default_url=/lab/tree/notebooks/00_start_here/00_start_here.ipynb

test:
	sh tools/test.sh

test-full:
	sh tools/test.sh full

env-lab:
	@sh tools/venv.sh lab

env-test:
	@sh tools/venv.sh test

build: env-lab
	$(BIN)/python -m course_utils.instructor.build $(NN)

stamp: env-lab
	$(BIN)/python -m course_utils.instructor.build --no-execute $(NN)

check: env-lab
	$(BIN)/python -m course_utils.instructor.build --check $(NN)

release: env-lab
	@sh tools/release.sh

grade: env-lab
	@[ -n "$(FROM)" ] || { echo "Say where the hand-ins are: make grade FROM=folder [ASSIGNMENT=00_start_here]"; exit 2; }
	$(BIN)/python -m course_utils.instructor.grade "$(FROM)" $(if $(ASSIGNMENT),--assignment $(ASSIGNMENT))

formgrader: env-lab
	@echo "Formgrader: http://localhost:$(PORT)/formgrader/manage_assignments"
	$(BIN)/jupyter lab $(AS_ROOT) --port $(PORT)

experiments: env-lab
	$(BIN)/python -m course_utils.experiments.record $(NN) $(if $(CANARIES),--canaries) $(if $(ONLY),--only $(ONLY))

checkpoints: env-lab
	$(BIN)/python -m course_utils.experiments.checkpoints $(NAME)

data: env-test
	$(BIN)/python -m pip install --quiet -e ".[data]"
	$(BIN)/python data/build_emoji.py

format: env-test
	$(BIN)/ruff format

bench: env-test
	@$(BIN)/python -m course_utils.instructor.bench

clean:
	rm -rf .venv .venv-colab .jax_cache build dist .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
