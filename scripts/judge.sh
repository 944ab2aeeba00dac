#!/bin/sh
# Imports every CSV, JSON and Parquet file of the folders given and compares the
# stored values with what DuckDB reads. Prints the files that are read wrong or
# that only galley reads, and totals by kind; fails if a file is read wrong or
# an import does not end. Needs a C compiler, as everything in bench does.
#
#	scripts/judge.sh FOLDER...
#	scripts/judge.sh -pairs -v FOLDER...
#
# What is called wrong and is not: a folder key=NULL, and a column that the file and
# a folder both have (galley keeps the text, and the file's value; a folder key=
# gives no column); hive folders of JSON, and a first line that is empty, of which
# DuckDB makes no columns; a DECIMAL of more than 38 digits, which DuckDB rounds;
# bytes in nested values, which are base64 in galley's JSON; a NaN in a nested value,
# which JSON has only as text; a FLOAT16 beside text, which DuckDB writes as 0.0.
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
