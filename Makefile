# `make help` lists what there is to do. PYTHON=python3.13 (say) chooses the Python of the environment.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
TO_BUILD := .venv/to-build
WHEELS := _build/wheels

# One thread: the fits are small, and many threads slow them down ten times. A fixed hash seed: outputs repeat.
export OPENBLAS_NUM_THREADS = 1
export PYTHONHASHSEED = 0

.PHONY: help book pdf student slides test robust lab wheels refresh reference benchmark benchmark-scaling benchmark-evaluation lock clean

help:
	@echo "make book                       build the site from the committed outputs, and print where it is"
	@echo "make pdf                        print the whole book as one PDF (needs Chromium), and say where it is"
	@echo "make student                    write notebooks without solutions, with check cells, and a zip of them"
	@echo "make slides                     build the slides, and print where they are"
	@echo "make test                       run all that a change can break; every chapter is executed again and compared"
	@echo "make robust                     run the chapters on other processors' kernels, two threads and another seed, and the long tests"
	@echo "make lab                        open copies of the chapters, yours to change, in JupyterLab"
	@echo "make wheels                     collect all packages, to install on machines without a network"
	@echo "make refresh [CHAPTER=pooling]  execute chapters (or one) again and store their outputs"
	@echo "make reference                  fit the chapters' models with lme4 again (needs R) and store its results"
	@echo "make benchmark                  time the engine beside lme4 and others (needs R, half an hour) and store the table"
	@echo "make benchmark-scaling          time fits on raw, centred and scaled predictors (needs R, 20 minutes)"
	@echo "make benchmark-evaluation       time one evaluation of lme4 and statsmodels as rows are added (needs R, a minute)"
	@echo "make lock                       write requirements.txt anew from code/pyproject.toml"
	@echo "make clean                      remove the built site and the environment"

# From nothing each time: Sphinx does not repeat the warnings of a page that it has cached.
book: $(TO_BUILD)
	@PYTHONPATH=tests $(BIN)/python -m gate.stale
	@rm -rf _build/html _build/.doctrees _build/jupyter_execute
	@echo "Building the book ..."
	@$(BIN)/jupyter-book build -q -W -n --keep-going . >/dev/null
	@$(BIN)/python -c "from pathlib import Path; print('Open', Path('_build/html/index.html').resolve().as_uri())"

pdf: $(INSTALLED) book
	@echo "Printing it (a minute or two) ..."
	@$(BIN)/python -m bookmaking.pdf _build/html _build/partial-pooling.pdf

student: $(INSTALLED)
	@$(BIN)/python -m bookmaking.student

slides: $(INSTALLED)
	@rm -rf _build/slides
	@echo "Building the slides ..."
	@$(BIN)/python -m sphinx -q -E -W --keep-going -b revealjs -d _build/.slides course/slides _build/slides
	@$(BIN)/python -c "from pathlib import Path; print('Open', Path('_build/slides/index.html').resolve().as_uri())"
	@test -e _build/html/index.html || echo "Their links lead to the chapters once 'make book' has built these."

test: $(INSTALLED)
	@$(BIN)/python -m pytest

robust: $(INSTALLED)
	@OPENBLAS_CORETYPE=Prescott $(BIN)/python -m pytest chapters
	@OPENBLAS_CORETYPE=Haswell $(BIN)/python -m pytest chapters
	@OPENBLAS_NUM_THREADS=2 $(BIN)/python -m pytest chapters
	@$(BIN)/python -m pytest chapters --reseed 1
	@$(BIN)/python -m pytest -m robust tests

lab: $(INSTALLED)
	@$(BIN)/python -c "import jupyterlab" 2>/dev/null || \
	  { echo "JupyterLab is missing from .venv: run 'make clean', then 'make lab' installs it again." >&2; exit 1; }
	@$(BIN)/python -m bookmaking.lab

wheels: | $(BIN)/pip
	@rm -rf $(WHEELS)
	@echo "Collecting the packages of requirements.txt (a minute or two) ..."
	@$(BIN)/pip wheel -qq --disable-pip-version-check --no-deps --wheel-dir $(WHEELS) -r requirements.txt pip || \
	  { echo "The packages could not be collected: see pip's message above, then repeat the command." >&2; exit 1; }
	@$(BIN)/python -c "import sys, sysconfig; print( \
	  'These packages are for Python %d.%d on %s.' % (*sys.version_info[:2], sysconfig.get_platform()), \
	  'On a machine of that kind, without a network, go to the folder that holds $(notdir $(WHEELS)), and install them:', \
	  '  python -m pip install --no-index --find-links $(notdir $(WHEELS)) \"partial_pooling[chapters]\"', sep='\n')" \
	  > $(WHEELS)/README.txt
	@echo "All is in $(WHEELS); its README.txt says:"
	@cat $(WHEELS)/README.txt

refresh: $(INSTALLED)
	@PYTHONPATH=tests $(BIN)/python -m gate.refresh $(CHAPTER)

reference:
	@Rscript -e 'for (package in c("jsonlite", "lme4")) loadNamespace(package)' >/dev/null 2>&1 || \
	  { echo "R with lme4 and jsonlite is needed (Debian: apt install r-cran-lme4 r-cran-jsonlite)." >&2; exit 1; }
	@Rscript data/reference/lme4.R

benchmark: $(INSTALLED)
	@$(BIN)/python benchmarks/run.py

benchmark-scaling: $(INSTALLED)
	@$(BIN)/python benchmarks/scaling.py

benchmark-evaluation: $(INSTALLED)
	@$(BIN)/python benchmarks/evaluation.py

# Versions that requirements.txt already holds stay; delete the file first to take the newest of everything.
lock: $(BIN)/pip
	@$(BIN)/pip install -qq --disable-pip-version-check uv
	@echo "-e ./code[book,test]" | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --custom-compile-command "make lock" --output-file requirements.txt -

# Without notebooks/, which holds readers' work.
clean:
	rm -rf _build .venv

$(INSTALLED): requirements.txt code/pyproject.toml | $(BIN)/pip
	@echo "Installing the packages of requirements.txt into .venv (a minute or two) ..."
	@$(BIN)/pip install -qq --disable-pip-version-check -r requirements.txt || \
	  { echo "The packages could not be installed: see pip's message above, then repeat the command." >&2; exit 1; }
	@touch $@ $(TO_BUILD)

# The site is built from stored outputs, without the packages that fit, sample and test: a quarter of all, in bytes.
$(TO_BUILD): requirements.txt code/pyproject.toml | $(BIN)/pip
	@echo "Installing what builds the book into .venv (a minute) ..."
	@grep -v '^-e' requirements.txt > .venv/versions.txt && \
	  $(BIN)/python -c "import tomllib; project = tomllib.load(open('code/pyproject.toml', 'rb'))['project']; \
	    print(*project['optional-dependencies']['site'], sep='\n')" > .venv/site.txt && \
	  $(BIN)/pip install -qq --disable-pip-version-check -c .venv/versions.txt -r .venv/site.txt && \
	  $(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e code || \
	  { echo "The packages could not be installed: see the message above, then repeat the command." >&2; exit 1; }
	@touch $@

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "There is no $(PYTHON) here: install Python 3.13 (3.11 or newer will do), or name yours: make PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("The book needs Python 3.11 or newer and found %d.%d: name a newer one, as in make PYTHON=python3.13." % sys.version_info[:2])'
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || \
	  { echo "$(PYTHON) cannot make virtual environments: install that part (Debian: apt install python3-venv)." >&2; exit 1; }
	@$(PYTHON) -m venv .venv
