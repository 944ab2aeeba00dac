package main

import (
	"context"
	"slices"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// inventory is the table files: which statistics files each session had when it
// was first loaded. A session that is done is not read again, so this is how a
// file that came later is noticed.
type inventory struct {
	table *table.Table[file]
	force bool
}

type file struct {
	Subject string `db:"subject,key"`
	Session string `db:"session,key"`
	Name    string `db:"file,key"`
}

func openInventory(ctx context.Context, db store.Backend, force bool) (*inventory, error) {
	t, err := table.Open(ctx, db, table.Options[file]{Name: "files"})
	return &inventory{t, force}, err
}

// check records the files of a session that is new, and of each with -force.
// It returns the files that came after the session was recorded.
func (i *inventory) check(ctx context.Context, s session, names []string) (late []string, err error) {
	subject, name := s.ID()
	var known []string
	for f, err := range i.table.Where(ctx, "subject = ? AND session = ?", subject, name) {
		if err != nil {
			return nil, err
		}
		known = append(known, f.Name)
	}
	if len(known) > 0 && !i.force {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(known, n) }), nil
	}
	rows := make([]file, len(names))
	for k, n := range names {
		rows[k] = file{subject, name, n}
	}
	_, err = i.table.Ignore(ctx, rows)
	return nil, err
}
