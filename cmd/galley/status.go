package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/internal/holder"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

func newStatus(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status FILE",
		Short: "Show sizes, settings, tables, and the processes that use the file",
		Long: `Show the file's path, the sizes of the database, its -wal and its -shm, the
engine and its settings, each table with its rows, its batches and the time of
the first and the last batch, and, on Linux, the processes that have the file
open.

If FILE is the folder of a spool, show how many batches of each table wait and
how many were collected, and the files that were set aside.`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if spool.IsSpool(args[0]) {
				return a.spoolStatus(cmd.Context(), args[0])
			}
			return reading(cmd.Context(), args[0], func(db *sqlite.DB) error {
				s, err := statusOf(cmd.Context(), db)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(s)
				}
				return a.printStatus(s)
			})
		},
	}
}

// status is what the verb shows.
type status struct {
	Path     string            `json:"path"`
	Bytes    int64             `json:"bytes"`
	WALBytes int64             `json:"wal_bytes"`
	SHMBytes int64             `json:"shm_bytes"`
	Settings map[string]string `json:"settings"`
	Tables   []tableStatus     `json:"tables"`
	OpenIn   []string          `json:"open_in"`
	OpenAll  bool              `json:"open_in_complete"` // false: other processes may have it open, too
}

type tableStatus struct {
	Name     string     `json:"name"`
	Columns  int        `json:"columns"`
	Rows     int64      `json:"rows"`
	Batches  int64      `json:"batches"`
	Rejected int64      `json:"rejected"`
	First    *time.Time `json:"first"`
	Last     *time.Time `json:"last"`
}

// settings are shown in this order.
var settings = []struct{ name, sql string }{
	{"engine", "'SQLite ' || sqlite_version()"},
	{"journal_mode", "(SELECT journal_mode FROM pragma_journal_mode)"},
	{"page_size", "(SELECT page_size FROM pragma_page_size)"},
	{"encoding", "(SELECT encoding FROM pragma_encoding)"},
	{"format", "(SELECT value FROM galley_meta WHERE name = 'format')"},
	{"id", "(SELECT value FROM galley_meta WHERE name = 'id')"},
}

func statusOf(ctx context.Context, db *sqlite.DB) (*status, error) {
	s := &status{Path: db.Path(), Settings: map[string]string{}, Tables: []tableStatus{}, OpenIn: []string{}}
	for suffix, size := range map[string]*int64{"": &s.Bytes, "-wal": &s.WALBytes, "-shm": &s.SHMBytes} {
		if info, err := os.Stat(s.Path + suffix); err == nil {
			*size = info.Size()
		}
	}
	for _, set := range settings {
		value, err := one(ctx, db, "SELECT "+set.sql)
		if err != nil {
			return nil, err
		}
		s.Settings[set.name] = sheet.Text(value)
	}
	tables, err := db.Tables(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		row, there, err := tableStatusOf(ctx, db, t)
		if err != nil {
			return nil, err
		}
		if there {
			s.Tables = append(s.Tables, row)
		}
	}
	holders, complete, err := holder.Of(s.Path)
	for _, h := range holders {
		s.OpenIn = append(s.OpenIn, doctor.Describe(h))
	}
	s.OpenAll = complete
	return s, err
}

// one is the value of a query that has one row.
func one(ctx context.Context, db *sqlite.DB, sql string, args ...any) (value any, err error) {
	rows, err := sheet.Query(ctx, db, sql, args...)
	if err != nil {
		return nil, err
	}
	n := 0
	err = rows.Each(ctx, func(values []any) error {
		if n++; n > 1 {
			return store.ErrManyRows
		}
		value = values[0]
		return nil
	})
	return value, err
}

// tableStatusOf describes a table of a list, and reports whether it still exists.
func tableStatusOf(ctx context.Context, db *sqlite.DB, t *schema.Schema) (row tableStatus, there bool, err error) {
	there, err = sheet.WhileThere(ctx, db, t, func(t *schema.Schema) (err error) {
		row, err = readStatus(ctx, db, t)
		return err
	})
	return row, there, err
}

func readStatus(ctx context.Context, db *sqlite.DB, t *schema.Schema) (tableStatus, error) {
	row := tableStatus{Name: t.Name(), Columns: len(t.Columns())}
	n, err := one(ctx, db, "SELECT count(*) FROM "+schema.SQLite().Quote(t.Name()))
	if err != nil {
		return row, err
	}
	row.Rows, _ = n.(int64)
	for b, err := range db.Batches(ctx, store.BatchFilter{Table: t.Name()}) {
		if err != nil {
			return row, err
		}
		if at := b.At; row.First == nil || at.Before(*row.First) {
			row.First = &at
		}
		if at := b.At; row.Last == nil || at.After(*row.Last) {
			row.Last = &at
		}
		row.Batches++
	}
	row.Rejected, err = store.CountRejected(ctx, db, store.RejectedFilter{Table: t.Name()})
	return row, err
}

func clock(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func (a *app) printStatus(s *status) error {
	fmt.Fprintf(a.out, "%s\n", s.Path)
	fmt.Fprintf(a.out, "  database      %s, wal %s, shm %s\n", doctor.Size(s.Bytes), doctor.Size(s.WALBytes), doctor.Size(s.SHMBytes))
	for _, set := range settings {
		fmt.Fprintf(a.out, "  %-12s  %s\n", set.name, s.Settings[set.name])
	}
	for _, h := range s.OpenIn {
		fmt.Fprintf(a.out, "  open in       %s\n", h)
	}
	switch {
	case len(s.OpenIn) == 0 && s.OpenAll:
		fmt.Fprintln(a.out, "  open in       no other process")
	case !s.OpenAll:
		fmt.Fprintln(a.out, "  open in       perhaps others; some processes cannot be inspected here")
	}
	fmt.Fprintln(a.out)
	t := a.table([]string{"table", "columns", "rows", "batches", "rejected", "first", "last"}, 1, 2, 3, 4)
	for _, row := range s.Tables {
		if err := t.Add(sheet.Printable(row.Name), fmt.Sprint(row.Columns), fmt.Sprint(row.Rows), fmt.Sprint(row.Batches), fmt.Sprint(row.Rejected), clock(row.First), clock(row.Last)); err != nil {
			return err
		}
	}
	return t.Flush()
}
