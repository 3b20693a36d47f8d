# Every task of a day's work; `make help` lists them. The build itself is CMake's: this file only
# installs what is missing, picks the preset and calls it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

JOBS ?= $(shell nproc)
NAME ?= default
build_release := build/release

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "; print "Targets:"} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install the Debian packages that the build needs
	@tools/setup.sh

.PHONY: build
build: setup ## Build the release program: build/thole
	@cmake --preset release >build/configure.log || { cat build/configure.log; exit 1; }
	@cmake --build $(build_release) --target thole -j $(JOBS)
	@ln -sf release/thole build/thole

.PHONY: up
up: build ## Build, start a cluster in the background and say what to type next
	@build/thole up

.PHONY: down
down: ## Stop the cluster that `make up` started
	@build/thole down

.PHONY: test
test: build ## Build and run every test
	@cmake --build $(build_release) -j $(JOBS)
	@tools/ensure-kubectl.sh
	@tools/run-tests.sh $(build_release)

.PHONY: asan
asan: setup ## Run the tests under the address and undefined-behaviour sanitizers
	@cmake --preset asan >build/configure-asan.log || { cat build/configure-asan.log; exit 1; }
	@cmake --build build/asan -j $(JOBS) --target tests fuzzers
	@tools/run-tests.sh build/asan

.PHONY: tsan
tsan: setup ## Run the tests of sync, store and http under the thread sanitizer
	@cmake --preset tsan >build/configure-tsan.log || { cat build/configure-tsan.log; exit 1; }
	@cmake --build build/tsan -j $(JOBS) --target sync_test store_test http_test
	@tools/run-tests.sh build/tsan '^(sync|store|http)$$'

.PHONY: fuzz
fuzz: setup ## Run every fuzz target for FUZZ_SECONDS (default 10) each
	@cmake --preset asan >build/configure-asan.log || { cat build/configure-asan.log; exit 1; }
	@cmake --build build/asan -j $(JOBS) --target fuzzers
	@tools/fuzz.sh build/asan

.PHONY: bench
bench: build ## Measure; beside kube-apiserver and etcd where `make peers` has built them
	@cmake --build $(build_release) -j $(JOBS) --target bench
	@python3 bench/run.py $(build_release)

.PHONY: peers
peers: ## Build the real kube-apiserver, etcd and kubectl from the Go module proxy (6 to 13 minutes)
	@tools/peers/build.sh

.PHONY: schema
schema: ## Re-create the schema data from upstream's Go packages
	@tools/schemagen/check.sh --write

.PHONY: schema-check
schema-check: ## Hold the schema data against upstream's Go packages
	@tools/schemagen/check.sh

.PHONY: format
format: ## Format the sources
	@git ls-files '*.cpp' '*.hpp' | xargs -P $(JOBS) -n 16 clang-format-19 -i

.PHONY: tidy
tidy: setup ## Hold the code against the layer table, then run clang-tidy
	@python3 tools/tidy/tidy.py
	@tools/tidy/clang-tidy.sh

.PHONY: clean
clean: ## Remove what was built
	@rm -rf build
