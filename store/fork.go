package store

// Fork returns rows for one goroutine of several that read them, for use by a
// Backend. Rows that are not all in memory have a method Fork, which returns the same
// rows with memory of their own for what is read; others are returned as they are.
func Fork(rows Rows) Rows {
	switch r := rows.(type) {
	case keyedRows:
		r.Rows = Fork(r.Rows)
		return r
	case interface{ Fork() Rows }:
		return r.Fork()
	}
	return rows
}
