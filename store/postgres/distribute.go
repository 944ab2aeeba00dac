package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// form is a table to be built: on this server, or spread over several.
type form struct {
	table   string
	columns []string // definitions
	rules   []string // keys and unique groups
	after   func(table string) []string
	by      string // the column that a spread table is partitioned by
}

// formOf is the form of a schema's table.
func (db *DB) formOf(s *schema.Schema) form {
	d := schema.Postgres()
	f := form{table: s.Name(), by: db.opts.DistributeBy}
	for _, c := range s.Columns() {
		f.columns = append(f.columns, schema.Postgres().Definition(c))
	}
	if name := db.hidden(s); name != "" {
		f.columns = append(f.columns, d.Quote(name)+" text NOT NULL")
	}
	if key := s.Key(); len(key) > 0 {
		f.rules = append(f.rules, "PRIMARY KEY ("+quoteAll(key)+")")
	}
	for _, g := range s.Uniques() {
		f.rules = append(f.rules, "UNIQUE ("+quoteAll(g.Columns)+")")
	}
	f.after = func(table string) []string {
		var statements []string
		for _, g := range s.Indexes() {
			statements = append(statements, "CREATE INDEX "+d.Quote(indexName(s, table, g.Name))+" ON "+db.quoted(table)+" ("+quoteAll(g.Columns)+")")
		}
		return statements
	}
	return f
}

// indexName is the name of an index of a table or of a part of it, on another
// server.
func indexName(s *schema.Schema, table, group string) string {
	if part, err := s.Named(table); err == nil { // it always is: the name only gains an ending
		s = part
	}
	return s.IndexName(group)
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = schema.Postgres().Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// statements are what makes the table under a name, with its rules.
func (f form) statements(db *DB, table string) []string {
	all := []string{"CREATE TABLE " + db.quoted(table) + " (\n  " + strings.Join(append(f.columns[:len(f.columns):len(f.columns)], f.rules...), ",\n  ") + "\n)"}
	if f.after != nil {
		all = append(all, f.after(table)...)
	}
	return all
}

// build creates a table. On several servers each holds a part as an ordinary
// table, with the rules; here is the whole, as a partitioned table of foreign
// parts, which can have none.
func (tx *transaction) build(ctx context.Context, f form) error {
	db := tx.db
	if len(db.opts.Servers) == 0 {
		return tx.script(ctx, f.statements(db, f.table)...)
	}
	d := schema.Postgres()
	err := tx.script(ctx, "CREATE TABLE "+db.quoted(f.table)+" (\n  "+strings.Join(f.columns, ",\n  ")+
		"\n) PARTITION BY HASH ("+d.Quote(f.by)+")")
	if err != nil {
		return err
	}
	for i, server := range db.opts.Servers {
		part, remote := partName(f.table, i), remoteName(f.table, i)
		for _, name := range []string{part, remote} {
			if err := checkLength("part of a table", name); err != nil {
				return err
			}
		}
		// The other server commits this at once, by itself: it may be there
		// from a time before, when this transaction failed.
		statements := append([]string{"CREATE SCHEMA IF NOT EXISTS " + d.Quote(db.namespace)}, f.statements(db, remote)...)
		for k, sql := range statements {
			statements[k] = idempotent(sql)
		}
		if err := tx.remotely(ctx, server, statements...); err != nil {
			return err
		}
		err := tx.script(ctx, "CREATE FOREIGN TABLE "+db.quoted(part)+" PARTITION OF "+db.quoted(f.table)+
			fmt.Sprintf(" FOR VALUES WITH (MODULUS %d, REMAINDER %d)", len(db.opts.Servers), i)+
			" SERVER "+d.Quote(server)+" OPTIONS (schema_name "+schema.Postgres().Literal(db.namespace)+", table_name "+schema.Postgres().Literal(remote)+")")
		if err != nil {
			return err
		}
	}
	return nil
}

// idempotent makes a CREATE or an ADD COLUMN do nothing where it was done.
func idempotent(sql string) string {
	for _, what := range []string{"CREATE TABLE ", "CREATE INDEX ", "CREATE UNIQUE INDEX "} {
		if rest, ok := strings.CutPrefix(sql, what); ok {
			return what + "IF NOT EXISTS " + rest
		}
	}
	return sql
}

// knowsServers returns ErrOptions where one of Options.Servers is none.
func (db *DB) knowsServers(ctx context.Context, s *session) error {
	if len(db.opts.Servers) == 0 {
		return nil
	}
	known, err := s.rows(ctx, "SELECT srvname FROM pg_catalog.pg_foreign_server")
	if err != nil {
		return err
	}
	for _, name := range db.opts.Servers {
		if !slices.ContainsFunc(known, func(row []string) bool { return row[0] == name }) {
			return fmt.Errorf("%w: Servers has %q, but no foreign server has that name; create it: CREATE SERVER … FOREIGN DATA WRAPPER postgres_fdw", store.ErrOptions, name)
		}
	}
	return nil
}

// remotely runs statements on another server, in a transaction there.
func (tx *transaction) remotely(ctx context.Context, server string, statements ...string) error {
	dblink, err := tx.rows(ctx, "SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"+
		" WHERE e.extname = 'dblink'")
	if err != nil {
		return err
	}
	if len(dblink) == 0 {
		return fmt.Errorf("%w: Servers need the extension dblink, to create tables on them: CREATE EXTENSION dblink", store.ErrOptions)
	}
	call := "SELECT " + schema.Postgres().Quote(dblink[0][0]) + ".dblink_exec($1, $2)"
	sql := strings.Join(statements, ";\n") // each call connects again
	if _, err := tx.exec(ctx, call, server, sql); err != nil {
		return fmt.Errorf("server %q: %w", server, err)
	}
	return nil
}

// partName is a table's part as it is called here, remoteName as on its
// server. They differ, as a server may be this one.
func partName(table string, i int) string   { return fmt.Sprintf("%s_p%d", table, i) }
func remoteName(table string, i int) string { return fmt.Sprintf("%s_s%d", table, i) }

// DistributeBy is Options.DistributeBy: export.Copy goes batch by batch then.
func (db *DB) DistributeBy() string { return db.opts.DistributeBy }

// hidden is the column that galley adds to a table for DistributeBy, "" where
// it has one itself.
func (db *DB) hidden(s *schema.Schema) string {
	name := db.opts.DistributeBy
	if at := s.Batch(); at >= 0 && s.Columns()[at].Name == name {
		return ""
	}
	return name
}

// spread returns a *MismatchError for a table that cannot be spread over
// servers.
func (db *DB) spread(s *schema.Schema) error {
	if db.opts.DistributeBy == "" {
		return nil
	}
	reason := ""
	if len(s.Key()) > 0 || len(s.Uniques()) > 0 {
		reason = "a table that is distributed by " + db.opts.DistributeBy + " cannot have a key or a unique group: no server sees the others' rows"
	}
	if i, ok := s.Column(db.opts.DistributeBy); ok && i != s.Batch() {
		reason = fmt.Sprintf("column %q has the name that Options.DistributeBy gives to the batch; tag it batch, or choose another name", s.Columns()[i].Name)
	}
	if reason == "" {
		return nil
	}
	return &store.MismatchError{Path: db.place, Table: s.Name(), Reason: reason}
}

// onOneServer refuses a batch that needs rows of several keys or tables: they may
// be on several servers, and no transaction is atomic on more than one.
func (db *DB) onOneServer(b *store.Batch) error {
	switch {
	case db.opts.DistributeBy == "":
		return nil
	case len(b.Removes) > 0:
		return fmt.Errorf("table %q: %w: the batch %q and those that it replaces may be on several servers, on which nothing commits at once; remove %q by Forget, then store the batch",
			b.Schema.Name(), store.ErrOptions, b.Key, b.Removes[0])
	case b.Others != nil:
		return fmt.Errorf("table %q: %w: the batches of a file that is imported in parts may be on several servers, and no transaction sees them all; import the file into a namespace without DistributeBy, and copy the table",
			b.Schema.Name(), store.ErrOptions)
	case len(b.With) > 0:
		return fmt.Errorf("table %q: tables are spread over several servers, on which nothing commits at once: %w", b.Schema.Name(), store.ErrOneTable)
	}
	return nil
}
