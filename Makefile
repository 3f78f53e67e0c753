# Everything a newcomer needs: `make demo` and `make test` set up whatever they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
DEBIAN_TOOLS := chromium dcmtk dicom3tools firefox-esr genisoimage nginx-light openssl orthanc orthanc-dicomweb \
	p7zip-full postgresql sqlite3 udftools unzip xorriso zip
# The OHIF viewer that a test opens studies with: what is unpacked must be this and nothing else.
OHIF := 3.13.2
OHIF_SHA512 := WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA==
VIEWER_SOURCES := $(shell find viewer -path viewer/node_modules -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo test check format messages bench bench-quick bench-peers bench-viewer lock clean build

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | sort

demo: $(STAMPS)/install $(STAMPS)/viewer ## Make a demo disc, take it in, share it, and serve the link
	$(BIN)/undisc demo --data-dir .demo

test: $(STAMPS)/dev $(STAMPS)/viewer $(STAMPS)/debian $(STAMPS)/ohif-$(OHIF) $(STAMPS)/node-peers ## Run all tests
	npm --prefix viewer run test
	$(BIN)/pytest -n 2 --dist loadfile

check: $(STAMPS)/dev $(STAMPS)/viewer ## Check format, lint, types, import directions, the viewer's budget
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	viewer/node_modules/.bin/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	npm --prefix viewer run check
	npm --prefix viewer run budget

format: $(STAMPS)/dev $(STAMPS)/node ## Put all code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	npm --prefix viewer run format

bench: $(STAMPS)/dev $(STAMPS)/viewer ## Measure, side by side with what is compared
	$(BIN)/python -m benchmarks

bench-quick: $(STAMPS)/dev $(STAMPS)/viewer ## One quick round of each benchmark, to see that it runs
	$(BIN)/python -m benchmarks --quick

bench-viewer: $(STAMPS)/dev $(STAMPS)/viewer $(STAMPS)/debian $(STAMPS)/ohif-$(OHIF) ## Measure how soon a link shows something and how it scrolls, beside OHIF
	$(BIN)/python -m benchmarks.bench_viewer

bench-peers: $(STAMPS)/dev $(STAMPS)/viewer $(STAMPS)/peers ## Measure beside Orthanc, on the same work
	$(BIN)/python -m benchmarks.peers

build: $(STAMPS)/dev $(STAMPS)/node ## Build the wheel and the sdist into dist/
	$(BIN)/python -m build --no-isolation

messages: $(STAMPS)/dev ## Bring the catalogues of the pages' sentences up to date; what is new is left empty in them
	$(BIN)/pybabel -q extract -F babel.cfg -k N_ -k Problem:3 --project Undisc --copyright-holder 'the authors of Undisc' --sort-output --no-location -o $(STAMPS)/messages.pot src/undisc
	for language in de es fr ar ja zh; do $(BIN)/pybabel -q update -N --no-wrap --ignore-obsolete --ignore-pot-creation-date \
		--init-missing -i $(STAMPS)/messages.pot -l $$language -o src/undisc/web/locale/$$language.po || exit 1; done

lock: $(STAMPS)/dev ## Lock the dependencies anew, with hashes and without addresses
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements/run.txt
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -c requirements/run.txt -o requirements/dev.txt
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile -q - --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate -o requirements/build.txt

clean: ## Remove everything that was made here
	rm -rf $(VENV) $(STAMPS) .demo dist viewer/node_modules tests/peers/node/node_modules src/undisc/web/static/viewer src/undisc/web/static/disc \
		src/undisc/web/static/pages

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Undisc needs Python 3.11 or later.")'
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/install: requirements/run.txt requirements/build.txt pyproject.toml hatch_build.py | $(BIN)/python
	@mkdir -p $(STAMPS)
	$(BIN)/pip install -q --require-hashes -r requirements/run.txt
	$(BIN)/pip install -q --require-hashes -r requirements/build.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/install
	$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	@touch $@

$(STAMPS)/node: viewer/package-lock.json
	@command -v npm >/dev/null || { echo "Undisc's pages are built with Node 20 and npm: please install them."; exit 1; }
	@mkdir -p $(STAMPS)
	npm --prefix viewer ci --no-fund --no-audit
	@touch $@

$(STAMPS)/viewer: $(STAMPS)/node $(VIEWER_SOURCES)
	npm --prefix viewer run build
	@touch $@

$(STAMPS)/peers:
	@mkdir -p $(STAMPS)
	@dpkg -s orthanc orthanc-dicomweb >/dev/null 2>&1 || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends orthanc orthanc-dicomweb >/dev/null; }
	@touch $@

# Other people's software for the tests. Where it cannot be had, the tests that need it are skipped and counted.
$(STAMPS)/debian:
	@mkdir -p $(STAMPS)
	@if ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then \
		echo "Not root on Debian: tests that need $(DEBIAN_TOOLS) are skipped where these are missing."; \
	elif ! dpkg -s $(DEBIAN_TOOLS) >/dev/null 2>&1; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN_TOOLS) >/dev/null \
		|| echo "Some of $(DEBIAN_TOOLS) could not be installed: the tests that need them are skipped."; \
	fi
	@touch $@

$(STAMPS)/node-peers: tests/peers/node/package-lock.json
	@mkdir -p $(STAMPS)
	@npm --prefix tests/peers/node ci --ignore-scripts --no-fund --no-audit >/dev/null \
		|| echo "Programs on Node could not be had: the tests that need them are skipped."
	@touch $@

# The parts of OHIF that compute models and show microscopy are left packed: they are three quarters of it.
$(STAMPS)/ohif-$(OHIF):
	@mkdir -p $(STAMPS)/ohif
	@cd $(STAMPS)/ohif && rm -rf package && if npm pack --silent @ohif/app@$(OHIF) >/dev/null && \
		test "$$(openssl dgst -sha512 -binary ohif-app-$(OHIF).tgz | base64 -w0)" = "$(OHIF_SHA512)"; then \
		tar -xzf ohif-app-$(OHIF).tgz --exclude=package/dist/ort --exclude=package/dist/dicom-microscopy-viewer; \
	else echo "OHIF could not be had: the tests that need it are skipped."; fi; rm -f ohif-app-*.tgz
	@touch $@
