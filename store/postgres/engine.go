package postgres

import "strings"

// engine is what a server is, as far as it says so.
type engine struct {
	version  string
	postgres bool // PostgreSQL itself, or an extension of it such as Citus
}

// engineOf reads the text of version(). What else speaks the protocol says
// so there: "CockroachDB CCL v24.1.0 …", "PostgreSQL 11.2-YB-2.20.0.0 …",
// "PostgreSQL 8.0.2 …, Redshift 1.0".
func engineOf(version string) engine {
	e := engine{version: version, postgres: strings.HasPrefix(version, "PostgreSQL ")}
	for _, other := range []string{"-YB-", "Yugabyte", "Redshift", "Cockroach", "Greenplum", "Materialize"} {
		if strings.Contains(version, other) {
			e.postgres = false
		}
	}
	return e
}
