package store

// TableSQL returns a table's name in the backend's SQL: quoted, and with the
// namespace if the backend has namespaces. SQL that names galley's tables uses
// it, because the meaning of an unqualified name depends on the connection.
func TableSQL(b Backend, table string) string {
	if b, ok := b.(interface{ TableSQL(table string) string }); ok {
		return b.TableSQL(table)
	}
	return b.Dialect().Quote(table)
}
