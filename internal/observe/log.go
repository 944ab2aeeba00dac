package observe

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// valueless is an error as the log has it: without the values of rows that it names.
type valueless struct{ error }

// LogValue implements [slog.LogValuer].
func (v valueless) LogValue() slog.Value { return slog.StringValue(withoutValues(v.error)) }

// withoutValues is the text of an error, in which each ValueError has no value.
func withoutValues(err error) string {
	text := err.Error()
	var value *schema.ValueError
	if !errors.As(err, &value) || value.Value == nil {
		return text
	}
	bare := &schema.ValueError{Column: value.Column, Err: value.Err}
	return strings.ReplaceAll(text, value.Error(), bare.Error())
}

// log writes what is worth a line about a batch. No line holds a value of a row.
func (h Hooks) log(e *store.BatchEvent) {
	if h.Logger == nil {
		return
	}
	batch := []any{"table", e.Table, "key", e.Key, "rows", e.Rows, "attempts", e.Attempts}
	switch {
	case e.Err != nil:
		h.Warn("batch not stored", append(batch, "error", valueless{e.Err})...)
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
