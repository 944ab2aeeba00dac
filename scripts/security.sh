#!/bin/sh
# Lists the licences of the modules that galley's packages link, and looks for
# known vulnerabilities in them. The latter needs network access: its database
# is at https://vuln.go.dev.
set -eu
cd "$(dirname "$0")/.."
status=0
echo "== licences"
go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./... | sort -u |
	while read -r path version dir; do
		[ -n "$path" ] || continue
		file=$(ls "$dir" | grep -i -m 1 -E '^(licen[cs]e|copying)' || true)
		if [ -z "$file" ]; then
			echo "$path $version: no licence file" >&2
			exit 1
		fi
		kind=$(head -c 4000 "$dir/$file" | tr '\n' ' ' | tr -s ' ' | sed -n \
			-e 's/.*Permission is hereby granted, free of charge.*/MIT/p;t' \
			-e 's/.*Apache License.*/Apache-2.0/p;t' \
			-e 's/.*Mozilla Public License.*/MPL-2.0/p;t' \
			-e 's/.*Permission to use, copy, modify,.*/ISC or 0BSD/p;t' \
			-e 's/.*Neither the name.*/BSD-3-Clause/p;t' \
			-e 's/.*Redistribution and use.*/BSD-2-Clause/p;t')
		echo "$path $version: ${kind:-see $file}"
		case $kind in '') echo "$path: its licence is not one of those known here" >&2; exit 1 ;; esac
	done || status=1
echo "== vulnerabilities"
if ! go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...; then
	echo "govulncheck found something, or could not run: it takes network access" >&2
	status=1
fi
exit $status
