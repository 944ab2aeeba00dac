# What takes longer than the checks of .ci/run.
#
#   make lab              the reliability laboratory, in its long form
#   make fuzz             every fuzz target in turn, FUZZTIME each (1m)
#   make fuzz-short       the same for a few seconds each, as CI does
#   make soak             load and faults for SOAK (10m)
#   make security         known vulnerabilities, and the licences of dependencies

FUZZTIME ?= 1m
SOAK     ?= 10m

.PHONY: lab fuzz fuzz-short soak security

lab:
	GALLEY_LAB=1 go test -timeout 60m -count 1 -v ./store ./table ./internal/faultvfs

fuzz:
	internal/soak/fuzz $(FUZZTIME)

fuzz-short:
	internal/soak/fuzz 3s

soak:
	go run ./internal/soak -for $(SOAK)

security:
	internal/soak/security
