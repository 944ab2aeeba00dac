package sqlite

import (
	"context"
	"errors"
	"strings"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/internal/pageimage"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// bulk reads a whole table by its pages: the engine moves cells, whole, into
// an image, on a goroutine and a connection of its own, while the caller's
// goroutine takes apart the records of the leaves before. That costs the engine
// a third of what it takes to hand over each column by itself.
type bulk struct {
	conn     *conn
	sink     *pageimage.Sink
	ctx      context.Context
	cancel   context.CancelFunc
	leaves   chan *pageimage.Leaf // closed when the engine is through
	large    chan struct{}        // holds one while a record that may be of any size is out
	defaults []record.Cell        // of the columns, for records without them
	started  bool
	err      error // why the engine ended, when leaves is closed
}

const (
	// bulkRows is the number of rows from which on another connection is worth
	// its while.
	bulkRows = 20_000
	// bulkLeaves is how many leaves may wait to be taken apart, and sinkPages how
	// many the engine collects before it writes them.
	bulkLeaves = 4
	sinkPages  = "16"
)

// whole reports whether q reads a table of many rows from its first to its last.
func (rd *reader) whole(q store.Select) bool {
	if q.SQL != "" || q.Where != "" || len(q.Args) > 0 || q.OrderBy != "" || q.Limit > 0 {
		return false
	}
	st, err := rd.statement("SELECT max(rowid) FROM " + schema.SQLite().Quote(q.Schema.Name()))
	if err != nil {
		return false // and comes again row by row
	}
	defer st.Reset()
	return st.Step() && st.ColumnInt64(0) >= bulkRows
}

// bulk begins to read a table, in a snapshot of its own. It returns nil without
// an error where the table has to be read row by row.
func (rd *reader) bulk(f *file, s *schema.Schema) (_ *bulk, err error) {
	if create, err := rd.conn.bare(s); err != nil || create == "" {
		return nil, nil // an error comes again row by row
	}
	b := &bulk{leaves: make(chan *pageimage.Leaf, bulkLeaves), large: make(chan struct{}, 1)}
	b.ctx, b.cancel = context.WithCancel(rd.ctx)
	defer func() {
		if !b.started {
			b.close()
		}
	}()
	if b.conn, err = openConn(b.ctx, f.path, f.opts, copying); err != nil {
		return nil, b.ctx.Err() // without the means for one more, one does it
	}
	if err := f.readers.unmoved(b.ctx); err != nil {
		return nil, err
	}
	b.conn.SetInterrupt(b.ctx)
	insert, err := b.prepare(f.path, s)
	if err != nil || insert == "" {
		return nil, err
	}
	b.started = true
	go b.run(insert)
	return b, nil
}

// prepare attaches the sink, begins the snapshot and makes sure that the table
// in it is as s says. It returns the statement that moves the table, "" where
// its cells cannot be moved whole.
func (b *bulk) prepare(path string, s *schema.Schema) (insert string, err error) {
	defer caught(&err)
	create, err := b.conn.bare(s)
	if err != nil || create == "" {
		return "", err
	}
	if b.sink, err = pageimage.NewSink(s.Name(), create, b.emit); err != nil {
		return "", err
	}
	for _, sql := range []string{
		"ATTACH '" + b.sink.URI() + "' AS sink",
		"PRAGMA sink.journal_mode=OFF",
		"PRAGMA sink.synchronous=OFF",
		"PRAGMA sink.cache_size=" + sinkPages,
		"BEGIN",
	} {
		if err := b.conn.Exec(sql); err != nil {
			return "", err
		}
	}
	have, err := b.conn.table(s.Name())
	if err != nil || have == nil { // another program's table
		return "", err
	}
	if err := evolve.Usable(path, s, have, true); err != nil {
		return "", err
	}
	if _, err := b.conn.audit(path, have, true); err != nil {
		return "", err
	}
	if again, err := b.conn.bare(s); err != nil || again != create {
		return "", err
	}
	if b.defaults, err = b.conn.defaults(s); err != nil {
		return "", err
	}
	table := schema.SQLite().Quote(s.Name())
	insert = "INSERT INTO sink." + table + " SELECT * FROM main." + table
	moves, err := pageimage.Transfers(b.conn.Conn, insert)
	if err != nil || !moves {
		return "", err
	}
	return insert, nil
}

// bare is a statement that makes a table with the columns of s as they are in
// the file, and no rules but NOT NULL. It returns "" where the table has other
// columns, types or defaults than s says.
func (c *conn) bare(s *schema.Schema) (string, error) {
	st, _, err := c.Prepare("SELECT name, type, \"notnull\", hidden, dflt_value FROM pragma_table_xinfo(" + schema.SQLite().Literal(s.Name()) + ", 'main')")
	if err != nil {
		return "", err
	}
	defer st.Close()
	want := s.Columns()
	var columns []string
	for st.Step() {
		i := len(columns)
		stored := st.ColumnText(4) // a table of an older galley has the default as the tag says it
		if i == len(want) || st.ColumnText(0) != want[i].Name || st.ColumnText(1) != schema.SQLite().Type(want[i]) ||
			st.ColumnBool(3) || stored != want[i].Default && stored != schema.SQLite().Default(want[i]) {
			return "", nil
		}
		column := schema.SQLite().Quote(want[i].Name) + " " + st.ColumnText(1)
		if st.ColumnBool(2) {
			column += " NOT NULL"
		}
		if want[i].Default != "" {
			column += " DEFAULT " + stored // else the cells are not moved whole
		}
		columns = append(columns, column)
	}
	if err := st.Err(); err != nil || len(columns) != len(want) {
		return "", err
	}
	return "CREATE TABLE " + schema.SQLite().Quote(s.Name()) + " (" + strings.Join(columns, ", ") + ") STRICT", nil
}

// defaults are the values of columns that a record does not have, since its row
// is from before they were added: NULL, or the default.
func (c *conn) defaults(s *schema.Schema) ([]record.Cell, error) {
	columns := s.Columns()
	cells := make([]record.Cell, len(columns))
	for i, column := range columns {
		if column.Default == "" {
			continue
		}
		st, _, err := c.Prepare("SELECT CAST(" + column.Default + " AS " + schema.SQLite().Type(column) + ")")
		if err != nil {
			return nil, err
		}
		if st.Step() {
			cells[i] = cellOf(st)
		}
		if err := errors.Join(st.Err(), st.Close()); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// run moves the table.
func (b *bulk) run(insert string) {
	defer close(b.leaves)
	b.err = b.move(insert)
}

func (b *bulk) move(insert string) (err error) {
	defer caught(&err)
	err = b.conn.Exec(insert)
	rows := b.conn.Changes()
	if err == nil {
		err = b.conn.Exec("COMMIT") // which writes the last leaves
	}
	if cause := b.sink.Err(); cause != nil {
		return cause
	}
	if err == nil {
		err = b.sink.Finish(rows)
	}
	return err
}

// emit hands a leaf over, on the engine's goroutine.
func (b *bulk) emit(l *pageimage.Leaf) error {
	if l.Large {
		select {
		case b.large <- struct{}{}:
		case <-b.ctx.Done():
			l.Release()
			return b.ctx.Err()
		}
	}
	select {
	case b.leaves <- l:
		return nil
	case <-b.ctx.Done():
		l.Release()
		return b.ctx.Err()
	}
}

// rows gives each row to the caller.
func (b *bulk) rows(s *schema.Schema, row func(schema.Reader) (bool, error)) error {
	columns := s.Columns()
	r := &cellReader{columns: columns, defaults: b.defaults, texts: make([]textCache, len(columns))}
	for l := range b.leaves {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		for _, rec := range l.Records {
			if err := r.take(rec); err != nil {
				return err
			}
			more, err := row(r)
			if err == nil {
				err = r.err
			}
			if err != nil || !more {
				return err
			}
		}
		if l.Large {
			<-b.large
		}
		l.Release()
	}
	return b.err
}

// close ends the engine's work, if it is still under way, and waits for it.
func (b *bulk) close() {
	b.cancel()
	if b.started {
		for range b.leaves { // until the engine has let go
		}
	}
	if b.conn != nil {
		b.conn.discard()
	}
	if b.sink != nil {
		b.sink.Close()
	}
}
