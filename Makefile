# Builds, installs and removes journal and its model server. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Where to install. DESTDIR is put in front, for packagers.
PREFIX ?= $(HOME)/.local
DESTDIR ?=

CARGO ?= cargo
PYTHON ?= python3
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
RELEASE_DIR := $(TARGET_DIR)/release

# What cannot come with the source is fetched into this folder once, and kept.
XDG_CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)
JOURNAL_BUILD_CACHE ?= $(XDG_CACHE)/journaling-ai/build
MODEL_ID := all-MiniLM-L6-v2
MODEL_DIR := $(JOURNAL_BUILD_CACHE)/models/$(MODEL_ID)

# A libtorch of your own, if LIBTORCH names one, is used as it is; LIBTORCH_CXX11_ABI is then yours
# to set too. The fetched one has the older C++ ABI.
ifeq ($(origin LIBTORCH),undefined)
LIBTORCH := $(JOURNAL_BUILD_CACHE)/libtorch
LIBTORCH_CXX11_ABI := 0
export LIBTORCH LIBTORCH_CXX11_ABI
FETCH_LIBTORCH := yes
else
export LIBTORCH
endif

FEATURES := --features model-server
bindir := $(DESTDIR)$(PREFIX)/bin
libdir := $(DESTDIR)$(PREFIX)/lib/journaling-ai
sharedir := $(DESTDIR)$(PREFIX)/share
modelsdir := $(sharedir)/journaling-ai/models

# What journal-model needs of libtorch when it runs: its CPU part, and what that part loads.
RUNTIME_LIBRARIES = libtorch.so libtorch_cpu.so libc10.so libgomp*.so* libcudart*.so* libcupti.so*

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: deps
deps: libtorch model ## Fetch libtorch's CPU part and the model files (once; 900 MB of downloads)

.PHONY: libtorch
libtorch:
ifdef FETCH_LIBTORCH
	@$(PYTHON) scripts/fetch --cache "$(JOURNAL_BUILD_CACHE)" libtorch
else
	@echo "libtorch: using $(LIBTORCH), as LIBTORCH says"
endif

.PHONY: model
model:
	@$(PYTHON) scripts/fetch --cache "$(JOURNAL_BUILD_CACHE)" model

.PHONY: chroma
chroma: ## Install the Chroma server that the tests start (once; 500 MB)
	@$(PYTHON) scripts/fetch --cache "$(JOURNAL_BUILD_CACHE)" chroma

.PHONY: build
build: libtorch ## Build journal and journal-model, optimised
	$(CARGO) build --release --locked $(FEATURES) --bins

.PHONY: demo
demo: build model ## Build, import the sample journal into a throw-away folder, and show what it finds
	@scripts/demo "$(abspath $(RELEASE_DIR))/journal" "$(JOURNAL_BUILD_CACHE)/models"

# Tests, in the one profile and feature set that everything else here uses: nothing is built twice.
.PHONY: test
test: test-tools build model chroma ## Run all tests with the real model
	$(CARGO) test --release --locked $(FEATURES) --no-fail-fast

# How many cases the rows of the embedded store are compared with PostgreSQL's in.
CASES ?= 50000

.PHONY: parity
parity: test-tools libtorch ## Compare the store with PostgreSQL over many more cases (CASES=50000)
	PROPTEST_CASES=$(CASES) $(CARGO) test --release --locked $(FEATURES) --test postgres

# Further collections in BEIR form, folders separated by colons; each is analysed once and kept.
SETS ?=

.PHONY: bench-quality
bench-quality: build model ## Measure how well searches find (SETS=folder:folder for more collections)
	JOURNAL_QUALITY_SETS="$(SETS)" JOURNAL_QUALITY_KEEP="$(JOURNAL_BUILD_CACHE)/bench/quality" \
	    $(CARGO) test --release --locked $(FEATURES) --test quality -- --nocapture

# `make bench MILLION=--million` also has a journal of a million entries, and takes an hour.
MILLION ?=

.PHONY: bench
bench: build model ## Time journal beside sqlite3, rg, jrnl and PostgreSQL at 1k, 10k, 100k entries
	$(PYTHON) scripts/bench --journal "$(RELEASE_DIR)/journal" --models "$(JOURNAL_BUILD_CACHE)/models" \
	    --cache "$(JOURNAL_BUILD_CACHE)" $(MILLION)

# `make bench-sync LARGE=--large` also has 100,000 entries.
LARGE ?=

.PHONY: bench-sync
bench-sync: build ## Time journal sync beside bare COPY, redis-cli and Chroma requests, at 1k and 10k entries
	$(PYTHON) scripts/bench-sync --journal "$(RELEASE_DIR)/journal" --cache "$(JOURNAL_BUILD_CACHE)" $(LARGE)

# Which numbers of threads the engines are measured with, and where the result is kept besides.
THREADS ?= 1,2
RECORD ?= BENCHMARKS.md

.PHONY: bench-models
bench-models: build model ## Measure the model server beside Python and onnxruntime (once: 3 GB of downloads)
	@$(PYTHON) scripts/bench-models --journal "$(RELEASE_DIR)/journal" --model "$(MODEL_DIR)" \
	    --threads "$(THREADS)" --record "$(RECORD)"

# What the tests call besides cargo. strace shows that nothing opens a socket to the outside; the
# embedded store is compared with a PostgreSQL that the tests start for themselves; examples/deployment
# is run on real servers.
TEST_TOOLS := strace readelf initdb redis-server redis-cli shellcheck
TEST_PACKAGES := strace binutils postgresql redis-server redis-tools shellcheck python3-yaml

# Nothing that is installed here is started: the tests start servers of their own.
.PHONY: test-tools
test-tools:
	@missing=""; PATH="$$PATH:$$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)"; \
	for tool in $(TEST_TOOLS); do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	for python in python3 /usr/bin/python3 none; do \
	    if [ $$python = none ]; then missing="$$missing python3-yaml"; \
	    elif $$python -c 'import yaml' 2>/dev/null; then break; fi; \
	done; \
	if [ -n "$$missing" ]; then \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        echo "tests: installing what has$$missing"; \
	        policy=/usr/sbin/policy-rc.d; \
	        if [ ! -e $$policy ]; then \
	            trap "rm -f $$policy" EXIT; printf '#!/bin/sh\nexit 101\n' >$$policy; chmod 755 $$policy; \
	        fi; \
	        export DEBIAN_FRONTEND=noninteractive; \
	        apt-get update -qq && apt-get install -y -qq $(TEST_PACKAGES) >/dev/null; \
	        apt-get install -y -qq "postgresql-$$(ls /usr/lib/postgresql | tail -n 1)-cron" >/dev/null \
	            || echo "tests: this system has no pg_cron; the test of it is skipped"; \
	    else echo "tests: install$$missing first (Debian: apt-get install $(TEST_PACKAGES))"; exit 1; fi; \
	fi

.PHONY: install
install: build model ## Install under PREFIX (default: ~/.local)
	install -d "$(bindir)" "$(libdir)" "$(modelsdir)"
	install -m 755 "$(RELEASE_DIR)/journal" "$(RELEASE_DIR)/journal-model" "$(bindir)/"
	for library in $(RUNTIME_LIBRARIES:%="$(LIBTORCH)/lib"/%); do \
	    if [ -e "$$library" ]; then cp -P --remove-destination "$$library" "$(libdir)/"; fi; \
	done
	rm -rf "$(modelsdir)/.$(MODEL_ID).new"
	cp -R "$(MODEL_DIR)" "$(modelsdir)/.$(MODEL_ID).new"
	rm -rf "$(modelsdir)/$(MODEL_ID)"
	mv "$(modelsdir)/.$(MODEL_ID).new" "$(modelsdir)/$(MODEL_ID)"
	@if [ -f completions/journal.bash ]; then \
	    install -D -m 644 completions/journal.bash "$(sharedir)/bash-completion/completions/journal"; fi
	@if [ -f completions/_journal ]; then \
	    install -D -m 644 completions/_journal "$(sharedir)/zsh/site-functions/_journal"; fi
	@if [ -f completions/journal.fish ]; then \
	    install -D -m 644 completions/journal.fish "$(sharedir)/fish/vendor_completions.d/journal.fish"; fi
	@echo "installed in $(DESTDIR)$(PREFIX); is $(PREFIX)/bin in your PATH?"

# The default PREFIX shares its folder under share/ with the journal itself, so nothing here removes
# a folder that holds anything else.
.PHONY: uninstall
uninstall: ## Remove what `make install` put under PREFIX, and nothing else
	rm -f "$(bindir)/journal" "$(bindir)/journal-model"
	if [ -d "$(libdir)" ]; then (cd "$(libdir)" && rm -f $(RUNTIME_LIBRARIES)); fi
	rm -rf "$(modelsdir)/$(MODEL_ID)"
	rm -f "$(sharedir)/bash-completion/completions/journal" "$(sharedir)/zsh/site-functions/_journal" \
	    "$(sharedir)/fish/vendor_completions.d/journal.fish"
	for folder in "$(libdir)" "$(modelsdir)" "$(sharedir)/journaling-ai"; do \
	    if [ -d "$$folder" ]; then rmdir --ignore-fail-on-non-empty "$$folder"; fi; \
	done
