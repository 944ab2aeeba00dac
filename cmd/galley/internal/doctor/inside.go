package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// inside opens the file and looks at what is in it.
func (e *examination) inside(ctx context.Context, full bool) {
	db, err := sqlite.Open(ctx, e.path, sqlite.Options{ReadOnly: true})
	if err != nil {
		do := "see what the message says"
		switch {
		case errors.Is(err, store.ErrNotGalley):
			do = "if it was galley's, restore a backup; if it is another program's, use that"
		case errors.Is(err, sqlite.ErrEngineVersion):
			do = "build galley with the SQLite that its go.mod names"
		}
		e.problem("open", err.Error(), do)
		return
	}
	defer db.Close()
	e.engine(ctx, db)
	tables, err := db.Tables(ctx)
	if err != nil {
		e.problem("tables", err.Error(), "restore a backup")
		return
	}
	known := map[string]bool{}
	for _, s := range tables {
		known[s.Name()] = true
		e.columns(ctx, db, s)
	}
	e.foreign(ctx, db, known)
	if full {
		e.integrity(ctx, db)
		for _, s := range tables {
			e.ledger(ctx, db, s)
		}
	}
}

// ask runs a query of text columns and calls row with each row.
func ask(ctx context.Context, db *sqlite.DB, names []string, sql string, args []any, row func([]string)) error {
	columns := make([]schema.Column, len(names))
	for i, name := range names {
		columns[i] = schema.Column{Name: name, Type: schema.Text}
	}
	s, err := schema.New("answer", columns)
	if err != nil {
		return err
	}
	return db.Query(ctx, store.Select{Schema: s, SQL: sql, Args: args}, func(r schema.Reader) (bool, error) {
		texts := make([]string, len(names))
		for i := range texts {
			texts[i] = r.Text(i)
		}
		row(texts)
		return true, nil
	})
}

// manyFree is the share of free pages, in percent, that is worth a vacuum.
const manyFree = 30

func (e *examination) engine(ctx context.Context, db *sqlite.DB) {
	err := ask(ctx, db, []string{"a", "b", "c", "d"},
		`SELECT sqlite_version() AS a, (SELECT journal_mode FROM pragma_journal_mode) AS b,
			CAST((SELECT page_size FROM pragma_page_size) AS TEXT) AS c,
			CAST((SELECT freelist_count * 100 / max(page_count, 1) FROM pragma_freelist_count, pragma_page_count) AS TEXT) AS d`, nil,
		func(v []string) {
			e.fine("engine", fmt.Sprintf("SQLite %s, journal_mode %s, pages of %s bytes", v[0], v[1], v[2]))
			if free, err := strconv.Atoi(v[3]); err == nil && free >= manyFree {
				e.note("free pages", v[3]+" % of the file is free", "galley vacuum "+e.path)
			}
		})
	if err != nil {
		e.problem("engine", err.Error(), "see what the message says")
	}
}

// columns compares a table with what galley_columns says of it.
func (e *examination) columns(ctx context.Context, db *sqlite.DB, s *schema.Schema) {
	var have []string
	err := ask(ctx, db, []string{"name", "type"}, "SELECT name, type FROM pragma_table_info(?)", []any{s.Name()}, func(v []string) {
		have = append(have, v[0]+" "+v[1])
	})
	var want []string
	for _, c := range s.Columns() {
		want = append(want, c.Name+" "+schema.SQLite().Type(c))
	}
	check := "table " + s.Name()
	switch a, b := strings.Join(have, ", "), strings.Join(want, ", "); {
	case err != nil:
		e.problem(check, err.Error(), "restore a backup")
	case len(have) == 0:
		e.problem(check, "it was dropped by another program", "restore a backup, or import its rows again")
	case a != b:
		e.problem(check, fmt.Sprintf("another program has altered it: it has %s, and galley_columns has %s", a, b), "undo that")
	default:
		e.fine(check, fmt.Sprintf("%d columns as galley_columns says", len(want)))
		e.indexes(ctx, db, s)
	}
}

// indexes looks for the indexes that galley_columns asks for.
func (e *examination) indexes(ctx context.Context, db *sqlite.DB, s *schema.Schema) {
	if len(s.Indexes()) == 0 {
		return
	}
	check := "indexes of " + s.Name()
	var have [][]string
	err := ask(ctx, db, []string{"columns"}, "SELECT (SELECT json_group_array(name ORDER BY seqno) FROM pragma_index_info(l.name)) AS columns"+
		" FROM pragma_index_list(?) AS l WHERE NOT l.partial", []any{s.Name()}, func(v []string) {
		var columns []string
		_ = json.Unmarshal([]byte(v[0]), &columns) // an expression has no name
		have = append(have, columns)
	})
	if err != nil {
		e.problem(check, err.Error(), "see what the message says")
		return
	}
	for _, g := range s.Indexes() {
		if !slices.ContainsFunc(have, func(columns []string) bool { return slices.Equal(columns, g.Columns) }) {
			e.note(check, fmt.Sprintf("index %s on (%s) does not exist: queries work without it, and are slower", g.Name, strings.Join(g.Columns, ", ")),
				"if a merge or a copy was interrupted, run it again, or open the table for writing; if another program has dropped the index, create it again")
		}
	}
}

// foreign names the tables that galley did not create.
func (e *examination) foreign(ctx context.Context, db *sqlite.DB, known map[string]bool) {
	err := ask(ctx, db, []string{"name"}, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1", nil, func(v []string) {
		name := v[0]
		base, rejected := strings.CutSuffix(name, "_rejected")
		switch {
		case known[name] || strings.HasPrefix(name, "galley_"):
		case rejected && known[base]:
			e.note("rejected rows", "rows that broke a constraint are in "+name, "galley query "+e.path+" 'SELECT * FROM "+schema.SQLite().Quote(name)+"'")
		default:
			e.note("foreign tables", name+" was created by another program", "")
		}
	})
	if err != nil {
		e.problem("foreign tables", err.Error(), "")
	}
}

// integrity runs SQLite's own check (https://sqlite.org/pragma.html#pragma_integrity_check).
func (e *examination) integrity(ctx context.Context, db *sqlite.DB) {
	var bad []string
	err := ask(ctx, db, []string{"result"}, "SELECT integrity_check AS result FROM pragma_integrity_check", nil, func(v []string) {
		if v[0] != "ok" {
			bad = append(bad, v[0])
		}
	})
	switch {
	case ctx.Err() != nil:
	case err != nil:
		e.problem("integrity", err.Error(), "copy the file away, and restore a backup")
	case len(bad) > 0:
		e.problem("integrity", strings.Join(bad, "; "), "copy the file away, and restore a backup or export the tables that can be read")
	default:
		e.fine("integrity", "no page is damaged")
	}
}

// ledger compares the rows that batches brought with those that exist.
func (e *examination) ledger(ctx context.Context, db *sqlite.DB, s *schema.Schema) {
	check := "ledger of " + s.Name()
	var batches, m int64
	n, err := store.Value[int64](ctx, db, "SELECT count(*) FROM "+schema.SQLite().Quote(s.Name()))
	if err == nil {
		for b, failed := range db.Batches(ctx, store.BatchFilter{Table: s.Name()}) {
			if err = failed; err != nil {
				break
			}
			batches++
			m += b.Rows
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			e.problem(check, err.Error(), "see integrity")
		}
		return
	}
	switch {
	case m > n && len(s.Key()) == 0:
		e.problem(check, fmt.Sprintf("%s stored %d rows, and the table has only %d", counted(batches), m, n),
			"rows were deleted, by Table.Delete or by another program; find out which, and store a batch again after Forget")
	case m > n:
		e.note(check, fmt.Sprintf("%s stored %d rows, and the table has %d: rows with the same key were upserted, or rows were deleted", counted(batches), m, n), "")
	default:
		e.fine(check, fmt.Sprintf("%s with %d of %d rows", counted(batches), m, n))
	}
}

// counted is a number of batches with its noun.
func counted(n int64) string {
	if n == 1 {
		return "1 batch"
	}
	return fmt.Sprint(n, " batches")
}
