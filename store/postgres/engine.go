package postgres

import (
	"slices"
	"strings"
)

// isPostgres reports whether a server is PostgreSQL itself, or an extension of it such
// as Citus, by the text of version(). What else speaks the protocol says so there:
// "CockroachDB CCL v24.1.0 …", "PostgreSQL 11.2-YB-2.20.0.0 …",
// "PostgreSQL 8.0.2 …, Redshift 1.0".
func isPostgres(version string) bool {
	others := []string{"-YB-", "Yugabyte", "Redshift", "Cockroach", "Greenplum", "Materialize"}
	return strings.HasPrefix(version, "PostgreSQL ") &&
		!slices.ContainsFunc(others, func(name string) bool { return strings.Contains(version, name) })
}
