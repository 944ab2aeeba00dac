# What takes longer than the checks of .ci/run, or is run by hand. "make" lists
# the targets: each has its help text behind "##".

FUZZTIME ?= 1m
SOAK     ?= 10m

.DEFAULT_GOAL := help
.PHONY: help check lab lab-lake lab-nfs fuzz fuzz-short soak mutants cross security

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

check: ## all checks of .ci/run
	.ci/run

lab: ## the fault tests in their long form, about an hour
	GALLEY_LAB=1 GALLEY_LONG=1 go test -timeout 60m -count 1 -v ./store/sqlite ./table ./export ./internal/faultvfs ./internal/powerloss ./transfer
	scripts/nfs.sh
	scripts/lake.sh

lab-lake: ## of these, the ones of the module lake: three minutes, and a download of 180 MB
	scripts/lake.sh

lab-nfs: ## of these, spools on a real NFS, under User Mode Linux: some minutes
	scripts/nfs.sh

fuzz: ## every fuzz target in turn, FUZZTIME each (1m)
	scripts/fuzz.sh $(FUZZTIME)

fuzz-short: ## the same for 3 seconds each, before a submission
	scripts/fuzz.sh 3s

soak: ## load and faults for SOAK (10m)
	go run ./internal/soak -for $(SOAK)

mutants: ## take each guard out of the code and see its test fail, about an hour
	go run ./internal/mutants

cross: ## build and vet for all systems, about 15 minutes
	for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
		echo "== $$target"; \
		export GOOS=$${target%/*} GOARCH=$${target#*/} CGO_ENABLED=0; \
		go build ./... && go vet ./... || exit 1; \
	done

security: ## known vulnerabilities, and the licenses of dependencies
	scripts/security.sh
