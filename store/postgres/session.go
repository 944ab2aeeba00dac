package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// session runs galley's own statements on one connection. Parameters and
// results are text.
type session struct {
	pg *pgconn.PgConn
	// pending is a BEGIN that goes along with the next statement, so that it
	// costs no round trip of its own.
	pending bool
}

const begin = "BEGIN"

// exec runs a statement with parameters and returns the number of rows that it
// changed.
func (s *session) exec(ctx context.Context, sql string, params ...string) (int64, error) {
	_, tag, err := s.run(ctx, sql, params)
	return tag.RowsAffected(), err
}

// rows runs a query and returns its result, NULL as "".
func (s *session) rows(ctx context.Context, sql string, params ...string) ([][]string, error) {
	rows, _, err := s.run(ctx, sql, params)
	return rows, err
}

// row is rows for a query that gives exactly one.
func (s *session) row(ctx context.Context, sql string, params ...string) ([]string, error) {
	rows, err := s.rows(ctx, sql, params...)
	if err == nil && len(rows) != 1 {
		err = fmt.Errorf("%d rows where one is expected: %s", len(rows), sql)
	}
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

func (s *session) run(ctx context.Context, sql string, params []string) ([][]string, pgconn.CommandTag, error) {
	return s.send(ctx, sql, params, func(batch *pgconn.Batch, values [][]byte) { batch.ExecParams(sql, values, nil, nil, nil) })
}

// rowsPrepared is rows for a statement that is run again and again.
func (s *session) rowsPrepared(ctx context.Context, sql string, params ...string) ([][]string, error) {
	rows, _, err := s.runPrepared(ctx, sql, params)
	return rows, err
}

func (s *session) runPrepared(ctx context.Context, sql string, params []string) ([][]string, pgconn.CommandTag, error) {
	if s.connection().pooled { // a prepared statement may be on another connection
		return s.run(ctx, sql, params)
	}
	name, err := s.prepared(ctx, sql)
	if err != nil {
		return nil, pgconn.CommandTag{}, err
	}
	return s.send(ctx, sql, params, func(batch *pgconn.Batch, values [][]byte) { batch.ExecPrepared(name, values, nil, nil) })
}

func (s *session) send(ctx context.Context, sql string, params []string, add func(*pgconn.Batch, [][]byte)) ([][]string, pgconn.CommandTag, error) {
	values := make([][]byte, len(params))
	for i, p := range params {
		values[i] = []byte(p)
	}
	batch := &pgconn.Batch{}
	first := 0
	if s.pending {
		batch.ExecParams(begin, nil, nil, nil, nil)
		first = 1
	}
	add(batch, values)
	results, err := s.pg.ExecBatch(ctx, batch).ReadAll()
	if err != nil {
		return nil, pgconn.CommandTag{}, fmt.Errorf("%s: %w", brief(sql), err)
	}
	s.pending = false
	if len(results) != first+1 {
		return nil, pgconn.CommandTag{}, fmt.Errorf("%s: %d results, want %d", brief(sql), len(results), first+1)
	}
	last := results[first]
	rows := make([][]string, len(last.Rows))
	for i, cells := range last.Rows {
		rows[i] = make([]string, len(cells))
		for k, cell := range cells {
			rows[i][k] = string(cell)
		}
	}
	return rows, last.CommandTag, nil
}

// prepared is the name of a statement that this connection has parsed and
// planned, which it does once: a look at the catalog takes the server several
// times as long to plan as to run. It costs a round trip the first time.
func (s *session) prepared(ctx context.Context, sql string) (string, error) {
	known := s.connection().prepared
	if name, ok := known[sql]; ok {
		return name, nil
	}
	if len(known) >= maxPlans { // see plans
		for sql, name := range known {
			if err := s.pg.Deallocate(ctx, name); err != nil {
				return "", err
			}
			delete(known, sql)
		}
	}
	name := statementName(sql)
	if _, err := s.pg.Prepare(ctx, name, sql, nil); err != nil {
		return "", fmt.Errorf("%s: %w", brief(sql), err)
	}
	known[sql] = name
	return name, nil
}

// statementName is the name of a prepared statement. It says what the statement
// is, so where sessions are mixed after all, the name never stands for another
// statement.
func statementName(sql string) string {
	hash := sha256.Sum256([]byte(sql))
	return "galley_" + hex.EncodeToString(hash[:16])
}

// script runs statements without parameters, one after the other.
func (s *session) script(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if s.pending {
			sql = begin + ";\n" + sql
		}
		_, err := s.pg.Exec(ctx, sql).ReadAll()
		if err != nil {
			return fmt.Errorf("%s: %w", brief(sql), err)
		}
		s.pending = false
	}
	return nil
}

// brief is the beginning of a statement, for errors.
func brief(sql string) string {
	const most = 80
	if len(sql) <= most {
		return sql
	}
	return strings.ToValidUTF8(sql[:most], "") + " …"
}
