// Package interchange has no code: its tests read galley's exports with DuckDB,
// which shares no code with galley, and compare the values.
package interchange
