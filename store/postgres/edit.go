package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/internal/ledgersql"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Edit changes or removes the rows that meet a condition, in one transaction, and
// returns their number. It returns store.ErrRowsLost, and changes nothing, if a
// trigger or a rule skips some of them. The condition is SQL as in [DB.Query],
// and so are its arguments. A row that another transaction stores meanwhile is
// edited if it is committed when the statement begins.
func (db *DB) Edit(ctx context.Context, e store.Edit) (rows int64, err error) {
	if db.isClosed() {
		return 0, db.explain(store.ErrClosed)
	}
	if err := e.Check(); err != nil {
		return 0, db.explain(err)
	}
	args, err := arguments(e.Args)
	if err != nil {
		return 0, db.explain(fmt.Errorf("%w: %w", store.ErrQuery, err))
	}
	set, err := db.encodeSet(&e)
	if err != nil {
		return 0, db.explain(err)
	}
	p := db.plan(e.Schema)
	err = db.transact(ctx, func(tx *transaction) error {
		tx.wrote = append(tx.wrote, p)
		rows, err = tx.edit(ctx, &e, args, set)
		return err
	})
	switch class := sqlClass(err); {
	case class == "42" && sqlState(err) != "42501":
		err = fmt.Errorf("%w: %w", store.ErrQuery, db.suspect(ctx, p, err))
	case class == "22":
		err = db.suspect(ctx, p, err)
	}
	if err != nil {
		return 0, db.explain(err)
	}
	return rows, nil
}

// encodeSet returns the new values in their binary form, nil for NULL.
func (db *DB) encodeSet(e *store.Edit) (values [][]byte, err error) {
	if e.Set == nil {
		return nil, nil
	}
	enc := &encoder{plan: db.plan(e.Set), max: db.opts.MaxValue, batch: -1}
	enc.begin(0)
	err = e.Row.Bind(0, enc)
	if err == nil {
		err = enc.end()
	}
	if err != nil {
		return nil, store.NewRowError(e.Schema.Name(), 0, err)
	}
	for rest := enc.buf[2:]; len(rest) > 0; {
		n := int32(binary.BigEndian.Uint32(rest))
		rest = rest[4:]
		if n < 0 {
			values = append(values, nil)
			continue
		}
		values, rest = append(values, rest[:n:n]), rest[n:]
	}
	return values, nil
}

// edit locks the rows that meet the condition, so their number is known, and
// edits them.
func (tx *transaction) edit(ctx context.Context, e *store.Edit, args []any, set [][]byte) (rows int64, err error) {
	d := schema.Postgres()
	table, where := tx.db.quoted(e.Schema.Name()), " WHERE ("+e.Where+"\n)"
	result, err := tx.condition(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+table+where+" FOR UPDATE) AS hit", args, nil)
	if err != nil {
		return 0, err
	}
	var found int64
	if _, err := fmt.Sscan(string(result.Rows[0][0]), &found); err != nil || found == 0 {
		return 0, err
	}
	if sql := ledgersql.Uncount(e, d, tx.db.quoted(ledgerTable), table); sql != "" {
		if _, err := tx.condition(ctx, sql, args, nil); err != nil {
			return 0, err
		}
	}
	sql := "DELETE FROM " + table + where
	if e.Set != nil {
		var list []string
		for i, name := range e.Set.ColumnNames() {
			list = append(list, d.Quote(name)+" = "+d.Placeholder(len(args)+1+i))
		}
		sql = "UPDATE " + table + " SET " + strings.Join(list, ", ") + where
	}
	result, err = tx.condition(ctx, sql, args, set)
	if err != nil {
		return 0, err
	}
	if rows = result.CommandTag.RowsAffected(); rows < found {
		return 0, e.RowsLostError(found, rows)
	}
	return rows, nil
}

// condition runs a statement with the condition's arguments, and values that are
// encoded behind them.
func (tx *transaction) condition(ctx context.Context, sql string, args []any, encoded [][]byte) (*pgconn.Result, error) {
	if tx.pending {
		if err := tx.script(ctx, ""); err != nil {
			return nil, err
		}
	}
	// The statement without a name lives as long as the transaction needs it,
	// also behind a pooler.
	known, err := tx.pg.Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil, err
	}
	if len(known.ParamOIDs) != len(args)+len(encoded) {
		return nil, fmt.Errorf("%w: the condition has %d parameters, and %d arguments were given",
			store.ErrQuery, len(known.ParamOIDs)-len(encoded), len(args))
	}
	own := *known
	own.ParamOIDs = own.ParamOIDs[:len(args)]
	var b pgx.ExtendedQueryBuilder
	if err := b.Build(tx.conn.TypeMap(), &own, args); err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrQuery, err)
	}
	for _, v := range encoded {
		b.ParamValues, b.ParamFormats = append(b.ParamValues, v), append(b.ParamFormats, pgx.BinaryFormatCode)
	}
	result := tx.pg.ExecPrepared(ctx, "", b.ParamValues, b.ParamFormats, nil).Read()
	return result, result.Err
}
