package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Ensure creates the table of s and its indexes, or compares the table that is
// there with s and changes it as how says, in one transaction. Hosts that do
// so at once take their turn by an advisory lock.
//
// Rebuild changes the table where it stands, by ALTER TABLE: what depends on
// it is kept, and where that cannot be, the server refuses. A value that does
// not come out the same as its new type is a *schema.ValueError of
// schema.ErrOverflow.
func (db *DB) Ensure(ctx context.Context, s *schema.Schema, how store.Evolution) error {
	if db.isClosed() {
		return db.explain(store.ErrClosed)
	}
	if how > store.RebuildAndDrop {
		return db.explain(fmt.Errorf("%w: Evolution %d", store.ErrOptions, how))
	}
	if err := checkNames(s); err != nil {
		return db.explain(err)
	}
	if err := db.spread(s); err != nil {
		return err
	}
	have, err := db.Describe(ctx, s.Name())
	if err != nil {
		return err
	}
	if have == nil || !evolve.Fits(s, have, how) {
		if have != nil && how == store.Strict {
			_, refuse := evolve.Changes(s, have, how)
			return evolve.Mismatch(how, db.place, s, refuse)
		}
		err := db.explain(db.transact(ctx, func(tx *transaction) error { return tx.ensure(ctx, s, how) }))
		if err == nil {
			db.opts.hooks().Changed(s, have)
		}
		return err
	}
	moved := false
	err = db.ask(ctx, func(ctx context.Context, q *session) (err error) {
		if err = db.audit(ctx, q, have); err == nil && !db.opts.ReadOnly {
			moved, _, err = db.moved(ctx, q, have)
		}
		return err
	})
	if mismatch, ok := errors.AsType[*store.MismatchError](err); ok {
		// Another host may have changed the table and its description after the
		// description was read. The server reads its catalog as it is, and not in the
		// snapshot of a transaction, so the description is read again.
		now, againErr := db.Describe(ctx, s.Name())
		if againErr != nil {
			return againErr
		}
		if now == nil || now.Fingerprint() != have.Fingerprint() {
			return db.Ensure(ctx, s, how)
		}
		return db.explain(mismatch)
	}
	if err == nil && moved {
		err = db.transact(ctx, func(tx *transaction) error { return tx.ensure(ctx, s, how) })
		if sqlState(err) == "42501" { // insufficient_privilege: to write that down is for another role
			err = nil
		}
	}
	return db.explain(err)
}

// checkNames returns a *schema.NameError for a name that the server would cut
// short, so that two could become one, and for one that it has taken itself.
func checkNames(s *schema.Schema) error {
	if err := checkLength("table", s.Name()); err != nil {
		return err
	}
	for _, c := range s.Columns() {
		if err := checkLength("column", c.Name); err != nil {
			return err
		}
		if slices.Contains(systemColumns, c.Name) {
			return &schema.NameError{Kind: "column", Name: c.Name, Reason: "is a column that PostgreSQL gives each table; choose another"}
		}
	}
	return nil
}

// systemColumns are in each table:
// https://www.postgresql.org/docs/current/ddl-system-columns.html.
var systemColumns = []string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}

func checkLength(what, name string) error {
	if len(name) <= maxIdentifier {
		return nil
	}
	return &schema.NameError{Kind: what, Name: name, Reason: fmt.Sprintf("is %d bytes long, and PostgreSQL keeps %d", len(name), maxIdentifier)}
}

// ensure creates or changes the table, after another look at it under the
// lock: another host may just have done so.
func (tx *transaction) ensure(ctx context.Context, s *schema.Schema, how store.Evolution) error {
	if err := tx.lock(ctx); err != nil {
		return err
	}
	have, err := tx.db.describe(ctx, &tx.session, s.Name())
	if err != nil {
		return err
	}
	switch {
	case have == nil:
		there, err := exists(ctx, &tx.session, tx.db.namespace, s.Name())
		if err != nil {
			return err
		}
		if there {
			return &store.MismatchError{Path: tx.db.place, Table: s.Name(),
				Reason: "something of that name is there that galley did not create; use another Options.Name"}
		}
		did, err := tx.forgetDropped(ctx, s)
		if err != nil {
			return err
		}
		if err := tx.build(ctx, tx.db.formOf(s)); err != nil {
			return err
		}
		return tx.record(ctx, s, "created"+did)
	case evolve.Fits(s, have, how):
		if err := tx.db.audit(ctx, &tx.session, have); err != nil {
			return err
		}
		return tx.recordPlace(ctx, have)
	}
	if err := tx.db.audit(ctx, &tx.session, have); err != nil {
		return err
	}
	return tx.evolve(ctx, s, have, how)
}

// forgetDropped removes the keys of a table that is about to be created: they are
// those of a table that another program dropped. Its rows are gone with it, and
// must be stored again. It returns a line for the history.
func (tx *transaction) forgetDropped(ctx context.Context, s *schema.Schema) (string, error) {
	n, err := tx.exec(ctx, "DELETE FROM "+tx.db.quoted(ledgerTable)+` WHERE "table" = $1`, s.Name())
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf("\nremoved %d keys of batches in an earlier table of this name, which was dropped by other means", n), nil
}

// record writes down what the table is from now on.
func (tx *transaction) record(ctx context.Context, s *schema.Schema, changes string) error {
	_, err := tx.exec(ctx, "DELETE FROM "+tx.db.quoted(columnsTable)+` WHERE "table" = $1`, s.Name())
	if err != nil {
		return err
	}
	sql, params := "INSERT INTO "+tx.db.quoted(columnsTable)+" VALUES ", []string(nil)
	for i, c := range s.Columns() {
		if i > 0 {
			sql += ", "
		}
		n := len(params)
		sql += fmt.Sprintf("($%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4)
		params = append(params, s.Name(), fmt.Sprint(i), c.Name, c.Spec())
	}
	if _, err := tx.exec(ctx, sql, params...); err != nil {
		return err
	}
	_, err = tx.exec(ctx, "INSERT INTO "+tx.db.quoted(historyTable)+` ("table", fingerprint, changes) VALUES ($1, $2, $3)`,
		s.Name(), s.Fingerprint(), changes)
	if err != nil {
		return err
	}
	return tx.recordPlace(ctx, s)
}
