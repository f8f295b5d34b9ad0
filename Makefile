# Thin on purpose: what is longer than a line or two is a script. `make help`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
FUZZTIME ?= 20s
# Interop tests record in real time, several peers one after another.
TIMEOUT  ?= 10m
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# Pinned, so that lint says the same everywhere. The first run builds it.
GOLANGCI_LINT := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help
help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## bin/rtmpull, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/rtmpull ./cmd/rtmpull

PREFIX ?= /usr/local

.PHONY: install
install: build ## the program, its manual and completions for shells, below $(DESTDIR)$(PREFIX)
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/install.sh

.PHONY: demo
demo: build ## play a sample from a server of its own and record five seconds of it
	@scripts/demo.sh

.PHONY: deps
deps: ## install the peers that the tests need, as far as they are missing
	@scripts/test-deps.sh

.PHONY: test
test: deps ## all tests, those against real peers too
	$(GO) test -timeout $(TIMEOUT) ./...
	@scripts/interop.sh -timeout $(TIMEOUT)

.PHONY: race
race: ## unit tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout $(TIMEOUT) ./...

.PHONY: fuzz
fuzz: ## each fuzz target in turn, FUZZTIME=20s each
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: interop
interop: deps ## only the tests against real peers, and all they do
	@scripts/interop.sh -count=1 -v -timeout $(TIMEOUT)

.PHONY: bench
bench: build deps ## CPU, wall time and memory beside other programs
	@scripts/bench.sh

.PHONY: faults
faults: deps ## what becomes of recordings when the server, the publisher or the network fails
	@scripts/faults.sh

.PHONY: lint
lint: ## formatting, go vet, go.mod, golangci-lint
	@test -z "$$(gofmt -l $(GO_DIRS))" || { gofmt -d $(GO_DIRS); echo 'lint: not gofmt-ed; make fmt' >&2; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet -tags interop ./...
	$(GOLANGCI_LINT) run

.PHONY: fmt
fmt: ## gofmt everything
	gofmt -w $(GO_DIRS)

.PHONY: cover
cover: ## coverage.html
	$(GO) test -coverpkg ./... -coverprofile coverage.out ./...
	$(GO) tool cover -func coverage.out | tail -1
	$(GO) tool cover -html coverage.out -o coverage.html

.PHONY: clean
clean: ## remove what was built (the peers in build/peers too)
	rm -rf bin build coverage.*

GO_DIRS := cmd pkg scripts
