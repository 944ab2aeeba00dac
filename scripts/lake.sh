#!/usr/bin/env bash
# The tests of the lake module in their long form, with ClickHouse's engine as a
# reader: a library of 566 MB from npm. CHDB_LIB_PATH names one that is installed.
set -euo pipefail
cd "$(dirname "$0")/../lake"

if [[ -z ${CHDB_LIB_PATH:-} ]]; then
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	(cd "$tmp" && npm pack --silent @chdb/lib-linux-x64-gnu@26.7.3-stable.1 >/dev/null && tar xzf ./*.tgz package/libchdb.so)
	export CHDB_LIB_PATH=$tmp/package/libchdb.so
fi
GALLEY_LAB=1 GALLEY_LONG=1 go test -tags chdb -timeout 30m -count 1 -v ./...
