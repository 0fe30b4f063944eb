# Everything a developer or a CI machine runs. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Packages whose tests run under the race detector: those where goroutines meet.
# SQLite is about twenty times slower there, so not all. The queues' adapters run
# there only, and all others without it too.
ONLYRACE := jetstream|rabbitmq|kafka|sqs
RACE ?= ./recorder/... ./queue/... ./simulator/... ./store/storetest/... ./internal/app/...

# The queues and stores that `make bench` measures, one pair after the other.
PAIR ?= embedded,sqlite

# How long a leg of the fault campaign lasts; ten minutes of seeds come before it.
LEG ?= 50m

# An hour in all: 16 targets.
FUZZTIME ?= 220s
# How long `make test` fuzzes each target beyond its committed corpus.
SHORTFUZZ ?= 3s

.PHONY: help build test lint bench fuzz matrix chaos soak mutants cover demo fmt

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build bin/recibo
	go build -o bin/recibo ./cmd/recibo

test: lint ## Lint, fuzz briefly, run every test, the concurrent ones also with -race; count the skips
	tools/fuzz $(SHORTFUZZ)
	go -C tools test ./...
	go -C tools build -o ../bin/testsum ./testsum
	go build -o bin/shared ./internal/testserver/shared
	@bin/shared -- bin/testsum $$(go list ./... | grep -vE "/queue/($(ONLYRACE))$$") -- -race $(RACE)

lint: ## gofmt, go mod tidy, go vet, staticcheck, govulncheck
	@tools/lint

bench: ## Measure throughput beside what queue and database can do alone; PAIR="kafka,postgres sqs,mysql"
	@for pair in $(PAIR); do go run ./bench -pair $$pair; done

fuzz: ## Fuzz every target for FUZZTIME (220s, an hour in all), one after another
	tools/fuzz $(FUZZTIME)

matrix: ## Every queue with every store, 5,000 events through faults of both; a table (20 minutes; PAIRS=kafka,mysql: one)
	go test -c -tags matrix -o bin/matrix.test ./e2e
	cd e2e && ../bin/matrix.test -test.run 'TestMatrix$$/$(PAIRS)' -test.timeout 60m

chaos: ## One leg of seeds and of the fault campaign, an hour at most; again: it goes on; FRESH=1: anew; PAIRS=kafka,mysql KINDS=disk: only such
	@mkdir -p bin
	RECIBO_SEEDS_FILE=$(CURDIR)/bin/seeds go test -tags chaos ./e2e/simulation -run TestManySeeds -v -timeout 60m
	go test -c -tags chaos -o bin/chaos.test ./e2e
	cd e2e && RECIBO_CHAOS_REPORT=$(CURDIR)/bin/chaos.json RECIBO_CHAOS_LEG=$(LEG) RECIBO_CHAOS_FRESH=$(FRESH) \
		RECIBO_CHAOS_PAIR=$(PAIRS) RECIBO_CHAOS_KINDS='$(KINDS)' ../bin/chaos.test -test.run 'TestCampaign$$' -test.v -test.timeout 65m

soak: ## What make test does for a moment, for a long while: kills, hosts, seeds, brokers, stores under the race detector
	RECIBO_CHAOS=5m go test ./queue/rabbitmq ./queue/kafka -timeout 40m
	go test -race ./store/postgres ./store/mysql ./store/mongodb
	go test ./e2e -run Chaos -tags chaos -timeout 60m -v

mutants: ## Change the code one token at a time and see that tests notice; a table (an hour or two; PKG="payment wire": these)
	go -C tools build -o ../bin/gremlins github.com/go-gremlins/gremlins/cmd/gremlins
	go -C tools build -o ../bin/mutants.run ./mutants
	nice -n 10 bin/mutants.run $(PKG)

cover: ## Run the tests and write bin/cover.html
	@mkdir -p bin
	go test -coverpkg=./... -coverprofile=bin/cover.out ./...
	go tool cover -html=bin/cover.out -o bin/cover.html
	@go tool cover -func=bin/cover.out | tail -1

demo: ## Watch payments flow for ten seconds, and the proof that none was lost
	go run ./cmd/recibo demo

fmt: ## Format all Go files
	gofmt -w .
