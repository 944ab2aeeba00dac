// Package pgcluster runs throwaway PostgreSQL servers for tests, each in a
// temporary folder and reached by a Unix socket in it.
//
// It needs initdb and pg_ctl: Debian's package postgresql has them. They are
// looked for in the folder that GALLEY_POSTGRES_BIN names, and if it names none,
// in PATH and under /usr/lib/postgresql. Where they are missing, tests are
// skipped, or fail if GALLEY_REQUIRE_POSTGRES is 1 or a folder is named.
package pgcluster
