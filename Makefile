# What a person runs and what CI runs. Every target works from a fresh clone: tools/setup.sh
# installs what is missing first (SYMPHONY_SKIP_SETUP=1 to go without).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run demo test bench check asan tsan soak fuzz install clean setup setup-bench

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 300
SOAK_SECONDS ?= 600
PREFIX ?= /usr/local
DESTDIR ?=

configure = cmake --preset $(1) --log-level=WARNING >build/$(1).log 2>&1 || \
            { cat build/$(1).log; exit 1; }
build = mkdir -p build && { $(call configure,$(1)); } && cmake --build --preset $(1) -j $(JOBS) $(2)
program = build/release/symphony

help: ## what there is
	@echo "Symphony: make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
	    while IFS='|' read -r name text; do printf '%-10s %s\n' "$$name" "$$text"; done

run: setup ## build, then serve the quickstart configuration with a local API to call
	@$(call build,release,--target symphony_cli)
	@exec $(program) serve -c examples/quickstart/symphony.yaml --with-demo-api

demo: setup ## build, then play the story of a misbehaving API (under 30 s)
	@$(call build,release,--target symphony_cli)
	@exec $(program) demo

test: setup ## build everything and run all tests
	@$(call build,release)
	@ctest --preset release -j $(JOBS)

check: setup ## format, layers, headers, words, clang-tidy
	@tools/check.sh

asan: setup ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(call build,asan)
	@ctest --preset asan -j $(JOBS)

tsan: setup ## all tests under ThreadSanitizer
	@$(call build,tsan)
	@ctest --preset tsan -j $(JOBS)

soak: setup ## the gateway under traffic and faults for SOAK_SECONDS (600)
	@$(call build,release,--target symphony_cli soak)
	@build/release/tests/soak/soak $(program) $(SOAK_SECONDS)

fuzz: setup ## every fuzz target for FUZZ_SECONDS (300) each
	@$(call build,fuzz)
	@tools/run_fuzz.sh $(FUZZ_SECONDS)

bench: setup-bench ## micro benchmarks and peers; writes docs/benchmarks.md
	@$(call build,bench)
	@tools/run_bench.sh

install: setup ## install the release build under PREFIX (/usr/local), staged in DESTDIR
	@mkdir -p build && { $(call configure,release); }
	@cmake --build --preset release -j $(JOBS) --target install_parts
	@DESTDIR=$(DESTDIR) cmake --install build/release --prefix $(PREFIX)

clean: ## remove everything that was built
	rm -rf build

setup:
	@tools/setup.sh

setup-bench:
	@tools/setup.sh --bench
