# Everything a person does here, one target each. `make` lists them.
# The README gives the plain commands behind each target.

PYTHON ?= $(shell command -v python3 || command -v python)
BOOTSTRAP = $(PYTHON) scripts/bootstrap.py
STEP = $(BOOTSTRAP) run
BIN = .venv/bin

# The tests' files run side by side; a file's tests share what is costly to make.
PYTEST_ARGS ?= -n auto --dist loadfile

# Stamps of finished steps: a step is done again only when something it reads has changed.
DONE = .make

CHAPTERS = _config.yml _toc.yml $(shell find book exercises -type f -not -path '*/.*' -not -name '*.pyc')
SOURCES = $(shell find solutions -type f -name '*.py' -not -path '*/pooling_checks/*')
ASSIGNMENTS = $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard solutions/*/*.py)))))
GRADER = nbgrader_config.py $(wildcard autograder/*.py)

.DEFAULT_GOAL := help
.PHONY: help course book exercises grade student serve test bench lint lock clean environment dev python

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

course: book exercises grade  ## set up, build the book, release the exercises, grade a sample class
	@echo
	@echo "The book        _build/html/index.html                 (make serve shows it at localhost:8000)"
	@echo "The exercise    exercises/forward/forward.ipynb        ($(BIN)/jupyter lab exercises/forward)"
	@echo "The grades      grades.csv, gradebook.db               ($(BIN)/jupyter lab, then Nbgrader > Formgrader)"
	@echo "The feedback    feedback/<student>/forward/forward.html"

book: $(DONE)/book  ## build the book into _build/html (a warning or a failing cell is an error)

exercises: $(DONE)/exercises  ## write exercises/ from solutions/

grade: $(DONE)/grade  ## grade the sample class: gradebook.db, feedback/, grades.csv

student: book  ## write a ZIP file of what students may have: _build/pooling-course.zip
	@$(BIN)/python scripts/student_zip.py

serve: book  ## show the built book at http://localhost:8000
	@echo "http://localhost:8000 (Ctrl-C stops)"
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

test: dev book  ## run the tests
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest $(PYTEST_ARGS)

bench: dev book  ## measure speed, size and tests against their bounds (one bench: make bench BENCH=pages)
	@$(BIN)/python -m scripts.bench $(BENCH)

lint: dev  ## ruff, types, notebooks' format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python scripts/check_notebooks.py

lock: dev  ## resolve requirements.lock anew for every Python and platform
	@$(BIN)/uv pip compile --universal --python-version 3.10 --no-header --quiet \
		requirements.txt requirements-dev.txt --output-file requirements.lock

clean:  ## remove what was produced (not .venv, not students' work other than the sample class)
	@$(PYTHON) scripts/clean.py

environment: python
	@$(BOOTSTRAP) environment

dev: python
	@$(BOOTSTRAP) environment --dev

python:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "make: No Python found: install one from 3.10 to 3.13, or name yours: make PYTHON=/path/to/python3 course"; \
		exit 1; }

$(DONE)/book: $(CHAPTERS) requirements.lock | environment
	@$(STEP) "Building the book" -- jupyter-book build . -W -n --keep-going
	@mkdir -p $(DONE) && touch $@

$(DONE)/exercises: $(SOURCES) $(wildcard autograder/pooling_checks/*.py) autograder/sources.py nbgrader_config.py requirements.lock | environment
	@for name in $(ASSIGNMENTS); do \
		$(STEP) "Releasing $$name" -- nbgrader generate_assignment $$name --force --log-level=WARN || exit; \
	done
	@mkdir -p $(DONE) && touch $@

$(DONE)/grade: $(DONE)/exercises $(GRADER) | environment
	@$(STEP) "Writing the sample class" -- python -m autograder sample-class forward
	@$(STEP) "Grading the sample class" -- python -m autograder grade forward
	@$(STEP) "Writing the feedback" -- nbgrader generate_feedback forward --force --log-level=WARN
	@$(STEP) "Writing grades.csv" -- nbgrader export --log-level=WARN
	@mkdir -p $(DONE) && touch $@
