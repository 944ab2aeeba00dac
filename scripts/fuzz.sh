#!/bin/sh
# Runs every fuzz target of the module for the time given (3s if none is), two
# at a time; with a folder after the time, those in and below it. What a target
# finds lies in its package's testdata.
#
# A package's tests are built once for all of its targets, and SQLite's
# translated engine is not instrumented: its branches would be most of what is
# built and counted, and the targets look for faults in front of it.
set -eu
cd "$(dirname "$0")/.."
time=${1:-3s}
where=${2:-.}
engine='-gcflags=github.com/ncruces/go-sqlite3-wasm/...=-d=libfuzzer=0'
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
corpus=$(go env GOCACHE)/fuzz
n=0
for package in $(grep -rl --include='*_test.go' '^func Fuzz' "$where" | grep -v '^\./bench' | xargs -n 1 dirname | sort -u); do
	n=$((n + 1))
	go test -vet=off -fuzz . "$engine" -c -o "$work/$n.test" "$package"
	path=$(go list "$package")
	for target in $(grep -h '^func Fuzz' "$package"/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/' | sort -u); do
		echo "$root/$package $work/$n.test $target $corpus/$path"
	done
done >"$work/targets"
cat >"$work/one" <<EOF
cd "\$1"
"\$2" -test.run '^\$' -test.fuzz "^\$3\\\$" -test.fuzztime $time -test.fuzzminimizetime 1s \
	-test.parallel 1 -test.fuzzcachedir "\$4" </dev/null >"$work/out.\$3.\$\$" 2>&1 && status=0 || status=\$?
echo "== \$1 \$3"
if [ \$status = 0 ]; then tail -n 2 "$work/out.\$3.\$\$"; else cat "$work/out.\$3.\$\$"; fi
exit \$status
EOF
xargs -n 4 -P 2 sh "$work/one" <"$work/targets"
