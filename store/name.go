package store

// TableSQL returns a table's name as SQL of the backend's dialect has it:
// quoted, and with the namespace where the backend has namespaces. SQL that
// names galley's tables uses it, because what an unqualified name stands for
// is up to the connection.
func TableSQL(b Backend, table string) string {
	if b, ok := b.(interface{ TableSQL(table string) string }); ok {
		return b.TableSQL(table)
	}
	return b.Dialect().Quote(table)
}
