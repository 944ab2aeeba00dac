# What takes longer than the checks of .ci/run.
#
#   make lab              the reliability laboratory, in its long form
#   make fuzz             every fuzz target in turn, FUZZTIME each (1m)
#   make fuzz-short       the same for a few seconds each, as CI does
#   make soak             load and faults for SOAK (10m)
#   make cross            builds and vets for all systems, which takes 15 minutes
#   make guards           takes each guard out of the code and sees its test fail
#   make security         known vulnerabilities, and the licences of dependencies

FUZZTIME ?= 1m
SOAK     ?= 10m

.PHONY: lab fuzz fuzz-short soak guards cross security

lab:
	GALLEY_LAB=1 go test -timeout 60m -count 1 -v ./store ./table ./export ./internal/faultvfs ./internal/powerloss

fuzz:
	internal/soak/fuzz $(FUZZTIME)

fuzz-short:
	internal/soak/fuzz 3s

soak:
	go run ./internal/soak -for $(SOAK)

guards:
	go run ./internal/guards

cross:
	for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
		echo "== $$target"; \
		export GOOS=$${target%/*} GOARCH=$${target#*/} CGO_ENABLED=0; \
		go build ./... && go vet ./... || exit 1; \
	done

security:
	internal/soak/security
