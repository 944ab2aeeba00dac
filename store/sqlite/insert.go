package sqlite

import (
	"fmt"
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// inserter stores records in one table through prepared multi-row INSERTs.
type inserter struct {
	conn     *conn
	plan     *plan
	mode     schema.Mode
	triggers bool          // the table has some
	sizes    []*insertStmt // by falling number of rows, the last for one row
	cells    []record.Cell
}

// insertStmt is one INSERT of a fixed number of rows. SQLite keeps what is
// bound over a reset, and so does bound: a value that stands there already
// is not bound again. Feature rows repeat subject, session and modality.
type insertStmt struct {
	*sqlite3.Stmt
	rows  int
	bound []binding
	large bool // something is bound that is not worth keeping
}

type binding struct {
	serial uint64 // 0 is NULL, as bindings begin
	data   []byte
}

// keepBound is the largest value in bytes that stays bound after a statement.
const keepBound = 4096

// smallRows is the size of the statement between the full one and one row.
const smallRows = 8

func newInserter(c *conn, p *plan, mode schema.Mode) *inserter {
	in := &inserter{conn: c, plan: p, mode: mode}
	for _, n := range []int{p.perStmt, smallRows, 1} {
		if n <= p.perStmt && (len(in.sizes) == 0 || n < in.sizes[len(in.sizes)-1].rows) {
			in.sizes = append(in.sizes, &insertStmt{rows: n})
		}
	}
	return in
}

// close releases the statements.
func (in *inserter) close() {
	for _, s := range in.sizes {
		_ = s.Close()
		s.Stmt = nil
	}
}

// insert stores all of e, or those rows that are not there when the mode is
// Ignore, and returns the number of rows stored. stop is asked between
// statements, and its error ends the work.
func (in *inserter) insert(e *encoded, stop func() error) (int64, error) {
	var stored int64
	for from := 0; from < e.rows; {
		n, rows, err := in.step(e, from)
		if err != nil {
			return stored, err
		}
		stored += n
		from += rows
		if err := stop(); err != nil {
			return stored, err
		}
	}
	return stored, nil
}

// step runs the largest statement that there are rows for from index from
// on, and returns how many rows it changed and how many it was given.
func (in *inserter) step(e *encoded, from int) (changed int64, rows int, err error) {
	s, err := in.statement(e.light(from))
	if err != nil {
		return 0, 0, err
	}
	if err := in.exec(s, e, from); err != nil {
		return 0, 0, err
	}
	changed = in.conn.Changes()
	if in.mode == schema.Append && changed != int64(s.rows) {
		return 0, 0, rowsLost(changed, s.rows, e.plan)
	}
	return changed, s.rows, nil
}

// upsert stores all of e by the table's key. Each statement's rows go in
// twice: first those that are not there, then, where a value differs, over
// those that are. So the counts are exact. Of rows that share a key the last
// one stays.
func (w *writer) upsert(e *encoded, stop func() error) (inserted, changed int64, err error) {
	if f := w.verified[e.plan]; e.rows > 1 && (f == nil || f.uniques) {
		// A row may make room for one behind it: what is new shows row by row.
		for i := range e.rows {
			n, m, err := w.upsert(e.one(i), stop)
			if err != nil {
				return 0, 0, err
			}
			inserted, changed = inserted+n, changed+m
		}
		return inserted, changed, nil
	}
	fresh, over := w.inserter(e.plan, schema.Ignore), w.inserter(e.plan, schema.Upsert)
	for from := 0; from < e.rows; {
		n, rows, err := fresh.step(e, from)
		if err != nil {
			return 0, 0, err
		}
		inserted += n
		if n, _, err = over.step(e, from); err != nil {
			return 0, 0, err
		}
		changed += n
		from += rows
		if err := stop(); err != nil {
			return 0, 0, err
		}
	}
	return inserted, changed, nil
}

// stmtBytes bounds the values of a statement of several rows: the engine holds
// all of them at once, in a memory of 256 MiB.
const stmtBytes = 4 << 20

// light returns how many of the rows from index from on may share a statement.
func (e *encoded) light(from int) int {
	left := e.rows - from
	for n := range min(left, maxStmtRows) {
		if n > 0 && e.ends[from+n]-e.start(from) > stmtBytes {
			return n
		}
	}
	return left
}

// statement returns the largest statement that takes no more than left rows.
func (in *inserter) statement(left int) (*insertStmt, error) {
	for _, s := range in.sizes {
		if s.rows > left {
			continue
		}
		if s.Stmt == nil {
			st, _, err := in.conn.PrepareFlags(in.text(s.rows), sqlite3.PREPARE_PERSISTENT)
			if err != nil {
				return nil, err
			}
			s.Stmt, s.bound = st, make([]binding, s.rows*len(in.plan.columns))
		}
		return s, nil
	}
	return nil, fmt.Errorf("%w: no statement for %d rows", ErrEngine, left)
}

// text is the INSERT of a number of rows. A statement that can fail in the
// middle keeps a journal of every page it changes, in a temporary file, to
// undo its first rows (https://sqlite.org/tempfiles.html#stmtjrnl); OR FAIL
// leaves them, and saves it. They go with the transaction: no caller commits
// after a statement has failed, but for single rows under a savepoint.
func (in *inserter) text(rows int) string {
	sql := in.plan.schema.Insert(schema.SQLite(), in.mode, rows)
	if in.triggers { // OR FAIL would also hold for their statements, whatever these say
		return sql
	}
	return "INSERT OR FAIL" + strings.TrimPrefix(sql, "INSERT")
}

// exec binds the records of e from index from on, and runs s.
func (in *inserter) exec(s *insertStmt, e *encoded, from int) error {
	i := 0
	for r := range s.rows {
		cells, err := record.Parse(e.record(from+r), in.cells[:0])
		if err != nil {
			return err
		}
		in.cells = cells
		for _, c := range cells {
			b := &s.bound[i]
			i++
			if b.serial == c.Serial && string(b.data) == string(c.Data) {
				continue
			}
			if err := bindCell(s.Stmt, i, c); err != nil {
				s.forget()
				return err
			}
			b.serial = c.Serial
			b.data = append(b.data[:0], c.Data...)
			s.large = s.large || len(c.Data) > keepBound
		}
	}
	err := s.Exec()
	if s.large {
		s.forget()
	}
	return err
}

// forget unbinds everything.
func (s *insertStmt) forget() {
	s.large = false
	clear(s.bound)
	_ = s.ClearBindings() // it has no way to fail
}

// bindCell binds one value; param counts from 1.
func bindCell(s *sqlite3.Stmt, param int, c record.Cell) error {
	switch c.Kind() {
	case record.Null:
		return s.BindNull(param)
	case record.Integer:
		return s.BindInt64(param, c.Int64())
	case record.Real:
		return s.BindFloat(param, c.Float64())
	case record.Text:
		if len(c.Data) == 0 {
			return s.BindText(param, "")
		}
		return s.BindRawText(param, c.Data)
	default:
		if len(c.Data) == 0 {
			return s.BindZeroBlob(param, 0)
		}
		return s.BindBlob(param, c.Data)
	}
}
