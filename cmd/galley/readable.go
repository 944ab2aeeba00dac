package main

import (
	"context"

	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/internal/sqlitetype"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// readable returns the tables of a file. Of a file of another program it leaves out
// those that cannot be described, such as a virtual table whose module is not in
// this program, and returns their number after it has named them on standard error.
func (a *app) readable(ctx context.Context, db *sqlite.DB) (tables []*schema.Schema, unread int, err error) {
	if !db.Foreign() {
		tables, err = db.Tables(ctx)
		return tables, 0, err
	}
	type named struct{ Name string }
	for t, err := range store.Query[named](ctx, db, sqlitetype.TableNames+" ORDER BY 1") {
		if err != nil {
			return nil, 0, err
		}
		s, err := db.Describe(ctx, t.Name)
		switch {
		case ctx.Err() != nil:
			return nil, 0, err
		case err != nil:
			unread++
			a.say("table %s is left out: %v", sheet.Printable(t.Name), err)
		case s != nil:
			tables = append(tables, s)
		}
	}
	return tables, unread, nil
}

// leftOut is the error of a verb that has left out tables and said so.
func leftOut(unread int) error {
	if unread > 0 {
		return errReported
	}
	return nil
}
