package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/pageimage"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// images moves encoded rows into tables by whole pages: each table has a
// slot, attached to the writer connection under a name of its own.
type images struct {
	conn    *conn
	plans   *plans
	turn    uint64 // transactions that have begun
	crowded uint64 // the turn until which more tables than slots are in use
	slots   map[*plan]*slot
	pending []*slot            // in this transaction
	loose   []*pageimage.Image // made in this transaction, out of small batches
}

// slot is the attached database through which a table gets its images.
type slot struct {
	*pageimage.Slot
	plan   *plan
	schema string // the name it is attached under
	insert *sqlite3.Stmt
	spent  bool   // this transaction has read it
	used   uint64 // the last turn in which it was given rows
	batches
}

// batches are what waits to be written to one table in this transaction.
type batches struct {
	list []*encoded
	rows int
}

// maxSlots is below the ten databases that a connection can attach
// (https://sqlite.org/limits.html#max_attached).
const maxSlots = 8

// A table that takes another's slot makes the engine read the slot's schema and
// compile the statement again, which costs as much as a few hundred rows save.
// Where a slot would be taken from a table that had rows within recentTurns
// transactions, more tables than slots are in use, and for the next crowdedTurns
// only batches of crowdedRows and more become images: others go by statements,
// which are kept for each table.
const (
	recentTurns  = 128
	crowdedTurns = 1024
	crowdedRows  = 1000
)

// of returns the slot of a plan for a batch, nil where all are taken in this
// transaction, or where the batch can do without and it would cost more.
func (im *images) of(p *plan, e *encoded) (*slot, error) {
	if s := im.slots[p]; s != nil {
		return s, nil
	}
	if len(im.slots) == maxSlots {
		old := im.idle()
		if old == nil || im.turn-old.used <= recentTurns {
			im.crowd()
		}
		if old == nil || len(e.images) == 0 && im.turn < im.crowded {
			return nil, nil
		}
		im.hand(old, p)
		return old, nil
	}
	s := &slot{Slot: pageimage.NewSlot(), plan: p, schema: "batch" + strconv.Itoa(len(im.slots))}
	if err := im.conn.Exec("ATTACH '" + s.URI() + "' AS " + s.schema); err != nil {
		s.Close()
		return nil, err
	}
	im.slots[p] = s
	return s, nil
}

// idle returns, of the slots that this transaction does not use, the one that was
// used the longest ago.
func (im *images) idle() (idle *slot) {
	for _, s := range im.slots {
		if !s.spent && s.rows == 0 && (idle == nil || s.used < idle.used) {
			idle = s
		}
	}
	return idle
}

// crowd records that more tables than slots are in use.
func (im *images) crowd() {
	im.crowded = im.turn + crowdedTurns
	im.plans.crowded.Store(true)
}

// hand gives a slot to another table. It stays attached: to detach it would expire
// the statements of all tables.
func (im *images) hand(s *slot, to *plan) {
	_ = s.insert.Close()
	s.insert = nil
	delete(im.slots, s.plan)
	s.plan, im.slots[to] = to, s
}

// add puts a batch down to be written by flush. It reports false where the
// batch has to be written by statements now.
func (im *images) add(e *encoded) (bool, error) {
	if !e.plan.images || (len(e.images) == 0 && len(e.ends) == 0) {
		return false, nil
	}
	s, err := im.of(e.plan, e)
	if err != nil || s == nil || s.spent {
		return false, err
	}
	if s.rows == 0 {
		im.pending = append(im.pending, s)
	}
	s.list = append(s.list, e)
	s.rows += e.rows
	s.used = im.turn
	return true, nil
}

// flush writes the collected batches. For few rows, statements are faster.
func (im *images) flush(w *writer) error {
	for _, s := range im.pending {
		if err := im.write(w, s); err != nil {
			return err
		}
		clear(s.list)
		s.list, s.rows = s.list[:0], 0
	}
	im.pending = im.pending[:0]
	return nil
}

func (im *images) write(w *writer, s *slot) error {
	if s.rows < imageRows {
		for _, e := range s.list {
			if _, err := w.insertRows(schema.Append, e, never); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.Serve(im.compose(s)...); err != nil {
		return err
	}
	s.spent = true
	if err := s.run(im.conn, w.verified[s.plan]); err != nil {
		if cause := s.Err(); cause != nil {
			return fmt.Errorf("%w (%w)", noTemp(cause), err)
		}
		return err
	}
	if n := im.conn.Changes(); n != int64(s.rows) {
		return rowsLost(n, s.rows, s.plan)
	}
	return nil
}

// run copies what the slot serves into the table. SQLite moves whole cells
// when both tables have the same columns in the same order, and only then
// may the statement go by position: a table that has gained columns, or has
// them in another order, gets its values by name, row by row. So the order is
// looked at when the statement is compiled, and again when SQLite compiled it
// again because the schema had changed.
func (s *slot) run(c *conn, f *facts) error {
	if s.insert != nil {
		err := s.insert.Exec()
		if err == nil && s.insert.Status(sqlite3.STMTSTATUS_REPREPARE, true) == 0 {
			return nil
		}
		_ = s.insert.Close()
		s.insert = nil
		if err != nil && !errors.Is(err, sqlite3.ERROR) && !errors.Is(err, sqlite3.SCHEMA) {
			return err
		}
		return errTableChanged // the group is written again
	}
	if err := pageimage.Refresh(c.Conn, s.schema); err != nil { // it may have been another table's
		return err
	}
	names, err := c.texts("SELECT name FROM pragma_table_info(" + schema.SQLite().Literal(s.plan.schema.Name()) + ", 'main')")
	if err != nil {
		return err
	}
	table := schema.SQLite().Quote(s.plan.schema.Name())
	into, from := "INTO main."+table, "*"
	if columns := s.plan.schema.ColumnNames(); !s.plan.transfers || !slices.Equal(names, columns) {
		for i, name := range columns {
			columns[i] = schema.SQLite().Quote(name)
		}
		from = strings.Join(columns, ", ")
		into += " (" + from + ")"
		if f != nil && !f.triggers { // see (*inserter).text
			into = "OR FAIL " + into
		}
	}
	st, _, err := c.PrepareFlags("INSERT "+into+" SELECT "+from+" FROM "+s.schema+"."+table, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return err
	}
	s.insert = st
	return s.insert.Exec()
}

// errTableChanged is a transaction that has to be written again, because the
// table is not what it was when its statement was compiled.
var errTableChanged = errors.New("the table has changed")

// recompile drops the statements that were compiled for tables as they were.
func (im *images) recompile() {
	for _, s := range im.slots {
		_ = s.insert.Close()
		s.insert = nil
	}
}

// compose returns the images of a slot's batches, small ones put together.
func (im *images) compose(s *slot) []*pageimage.Image {
	var all []*pageimage.Image
	b := s.plan.builders.Get().(*pageimage.Builder)
	defer s.plan.builders.Put(b)
	finish := func() {
		if b.Rows() > 0 {
			m := b.Finish()
			all = append(all, m)
			im.loose = append(im.loose, m)
		}
	}
	for _, e := range s.list {
		if len(e.images) > 0 {
			finish()
			all = append(all, e.images...)
			continue
		}
		for i := range e.rows {
			b.AddRecord(e.record(i))
		}
	}
	finish()
	return all
}

// reset forgets the transaction that has ended.
func (im *images) reset() {
	if im.turn++; im.turn == im.crowded {
		im.plans.crowded.Store(false)
	}
	for _, m := range im.loose {
		m.Release()
	}
	clear(im.loose)
	im.loose, im.pending = im.loose[:0], im.pending[:0]
	for _, s := range im.slots {
		clear(s.list)
		s.list, s.rows, s.spent = s.list[:0], 0, false
	}
}

// close releases the statements and slots.
func (im *images) close() {
	for _, s := range im.slots {
		_ = s.insert.Close()
		s.Close()
	}
	clear(im.slots)
}

func never() error { return nil }

func rowsLost(stored int64, given int, p *plan) error {
	return fmt.Errorf("%w: %d of %d in table %q; a trigger or conflict clause drops rows",
		store.ErrRowsLost, stored, given, p.schema.Name())
}
