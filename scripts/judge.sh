#!/bin/sh
# Imports every CSV, JSON and Parquet file of the folders given and compares the
# stored values with what DuckDB reads. Prints the files that are read wrong or
# that only galley reads, and totals by kind; fails if a file is read wrong or
# an import does not end. Needs a C compiler, as everything in bench does.
#
#	scripts/judge.sh FOLDER...
#	scripts/judge.sh -pairs -v FOLDER...
#
# Good sets of files are the repositories apache/parquet-testing, duckdb/duckdb,
# pola-rs/polars, maxogden/csv-spectrum and nst/JSONTestSuite.
set -eu
here=$PWD
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/galley" ./cmd/galley
(cd bench && go build -o "$work/judge" ./cmd/judge)
cd "$here"
"$work/judge" -galley "$work/galley" "$@"
