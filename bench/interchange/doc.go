// Package interchange has no code: its tests read what galley exports with
// DuckDB, a reader that shares none of galley's code, and compare the values.
package interchange
