package postgres

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/ledgersql"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Galley's own tables in each namespace.
const (
	columnsTable = "galley_columns"
	ledgerTable  = "galley_batches"
	historyTable = "galley_history"
	metaTable    = "galley_meta"
)

// formatVersion is that of galley's own tables.
const formatVersion = 1

// layOut creates galley's own tables unless they exist, and makes sure
// that they are laid out as the options say.
func (db *DB) layOut(ctx context.Context, s *session) error {
	meta, err := db.readMeta(ctx, s)
	if err != nil {
		return err
	}
	if meta == nil && db.opts.ReadOnly {
		return fmt.Errorf("%w: no galley tables; check the name of the schema", store.ErrNotGalley)
	}
	if meta == nil {
		if err := db.knowsServers(ctx, s); err != nil {
			return err
		}
		// The namespace comes first and by itself: one of Servers may be this
		// server, and makes its own part of the tables in it.
		for _, create := range []func(*transaction, context.Context) error{(*transaction).createNamespace, (*transaction).createTables} {
			tx := &transaction{session: session{pg: s.pg}, db: db}
			defer tx.rollback(ctx)
			err := db.start(ctx, &tx.session, false)
			if err == nil {
				err = create(tx, ctx)
			}
			if err != nil {
				return beforeCommit(ctx, err)
			}
			if err := tx.commit(ctx); err != nil {
				return err
			}
		}
		if meta, err = db.readMeta(ctx, s); err != nil {
			return err
		}
	}
	if have := meta["format"]; have != strconv.Itoa(formatVersion) {
		return fmt.Errorf("%w: the tables have format %q, and this galley supports format %d; use a newer galley", store.ErrNotGalley, have, formatVersion)
	}
	layout := db.layout()
	for _, name := range slices.Sorted(maps.Keys(layout)) {
		want := layout[name]
		if have := meta[name]; have != want && !db.opts.ReadOnly {
			return fmt.Errorf("%w: %s is %q, and the namespace was created with %q; use the same value, or another Schema",
				store.ErrOptions, name, want, have)
		}
	}
	return nil
}

// layout is what galley_meta says of the options that all hosts must share.
func (db *DB) layout() map[string]string {
	return map[string]string{"DistributeBy": db.opts.DistributeBy, "Servers": strings.Join(db.opts.Servers, " ")}
}

// readMeta reads galley_meta, nil where there is none.
func (db *DB) readMeta(ctx context.Context, s *session) (map[string]string, error) {
	var rows [][]string
	there := false
	err := db.within(ctx, s, true, func() (err error) {
		if there, err = exists(ctx, s, db.namespace, metaTable); err != nil || !there {
			return err
		}
		rows, err = s.rows(ctx, "SELECT name, value FROM "+db.quoted(metaTable)+" WHERE name NOT LIKE $1", placePrefix+"%")
		return err
	})
	if err != nil || !there {
		return nil, err
	}
	meta := make(map[string]string, len(rows))
	for _, r := range rows {
		meta[r[0]] = r[1]
	}
	return meta, nil
}

// exists reports whether there is a table, a view or an index of this name.
func exists(ctx context.Context, s *session, namespace, name string) (bool, error) {
	rows, err := s.rows(ctx, "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"+
		" WHERE n.nspname = $1 AND c.relname = $2", namespace, name)
	return len(rows) > 0, err
}

// createNamespace makes the namespace unless it exists.
func (tx *transaction) createNamespace(ctx context.Context) error {
	if err := tx.lock(ctx); err != nil {
		return err
	}
	there, err := tx.rows(ctx, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", tx.db.namespace)
	if err != nil || len(there) > 0 {
		return err
	}
	return tx.script(ctx, "CREATE SCHEMA "+schema.Postgres().Quote(tx.db.namespace))
}

// createTables makes galley's tables unless another host has just done so.
func (tx *transaction) createTables(ctx context.Context) error {
	if err := tx.lock(ctx); err != nil {
		return err
	}
	if there, err := exists(ctx, &tx.session, tx.db.namespace, metaTable); err != nil || there {
		return err
	}
	q := tx.db.quoted
	err := tx.script(ctx,
		"CREATE TABLE "+q(metaTable)+" (name text NOT NULL PRIMARY KEY, value text NOT NULL)",
		"CREATE TABLE "+q(columnsTable)+` ("table" text NOT NULL, position integer NOT NULL,`+
			` name text NOT NULL, spec text NOT NULL, PRIMARY KEY ("table", position))`,
		"CREATE TABLE "+q(historyTable)+` (id bigserial PRIMARY KEY, "table" text NOT NULL,`+
			" at timestamptz NOT NULL DEFAULT now(), fingerprint text NOT NULL, changes text NOT NULL)",
	)
	if err != nil {
		return err
	}
	if err := tx.build(ctx, tx.db.ledger()); err != nil {
		return err
	}
	for name, value := range tx.db.layout() {
		if err := tx.setMeta(ctx, name, value); err != nil {
			return err
		}
	}
	return tx.setMeta(ctx, "format", strconv.Itoa(formatVersion))
}

func (tx *transaction) setMeta(ctx context.Context, name, value string) error {
	_, err := tx.exec(ctx, "INSERT INTO "+tx.db.quoted(metaTable)+" VALUES ($1, $2)", name, value)
	return err
}

// ledger is the table of batches that are stored. A key exists once, also
// where the ledger is spread: by the key, so that each is on one server.
func (db *DB) ledger() form {
	return form{
		table: ledgerTable,
		// The numbers come from the server that is asked, so that they rise.
		columns: []string{`id bigserial`, `"table" text NOT NULL`, `key text NOT NULL`, `rows bigint NOT NULL`,
			`at timestamptz NOT NULL DEFAULT now()`},
		rules: []string{`PRIMARY KEY ("table", key)`},
		by:    "key",
	}
}

// Batches implements [store.Backend], in one snapshot.
func (db *DB) Batches(ctx context.Context, f store.BatchFilter) iter.Seq2[store.StoredBatch, error] {
	return ledgersql.Batches(ctx, db, f)
}

// Rejected implements [store.Backend]. A table of the caller's own that has the
// name of a quarantine is not one.
func (db *DB) Rejected(ctx context.Context, f store.RejectedFilter) iter.Seq2[store.RejectedRow, error] {
	return func(yield func(store.RejectedRow, error) bool) {
		name := f.Table + store.RejectsSuffix
		there, err := store.Value[bool](ctx, db, "SELECT pg_catalog.to_regclass($1) IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "+
			db.quoted(columnsTable)+` WHERE "table" = $2)`, db.quoted(name), name)
		if err != nil {
			yield(store.RejectedRow{}, err)
		}
		if there {
			ledgersql.Rejected(ctx, db, f)(yield)
		}
	}
}
