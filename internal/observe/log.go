package observe

import (
	"context"
	"log/slog"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// log writes what is worth a line about a batch. No line holds a value of a row
// other than the one that an error names.
func (h Hooks) log(e *store.BatchEvent) {
	if h.Logger == nil {
		return
	}
	batch := []any{"table", e.Table, "key", e.Key, "rows", e.Rows, "attempts", e.Attempts}
	switch {
	case e.Err != nil:
		h.Warn("batch not stored", append(batch, "error", e.Err)...)
	case e.Result.Rejected > 0:
		h.Warn("rows in quarantine", append(batch, "rejected", e.Result.Rejected)...)
	}
	if e.Wait >= LongWait {
		h.Warn("long wait for the write lock", append(batch, "wait", e.Wait)...)
	}
}

// Changed logs that Ensure has created or changed a table.
func (h Hooks) Changed(s, have *schema.Schema) {
	if h.Logger == nil {
		return
	}
	if have == nil {
		h.Info("table created", "table", s.Name(), "columns", len(s.Columns()))
		return
	}
	h.Info("table changed", "table", s.Name(), "changes", len(schema.Diff(s, have)))
}

// Debug writes a line for those who look for a fault.
func (h Hooks) Debug(message string, attributes ...any) {
	h.write(slog.LevelDebug, message, attributes)
}

// Info writes a line about a change that was asked for.
func (h Hooks) Info(message string, attributes ...any) { h.write(slog.LevelInfo, message, attributes) }

// Warn writes a line about a fault, or a sign of one.
func (h Hooks) Warn(message string, attributes ...any) { h.write(slog.LevelWarn, message, attributes) }

func (h Hooks) write(level slog.Level, message string, attributes []any) {
	if h.Logger != nil {
		h.Logger.Log(context.Background(), level, "galley: "+message, attributes...)
	}
}
