package pageimage

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
)

var (
	// ErrInUse is returned when a transaction is reading what a slot serves:
	// it would see pages of two images.
	ErrInUse = errors.New("pageimage: a transaction is reading the slot")
	// ErrTables is returned when a call serves images of different tables at
	// once.
	ErrTables = errors.New("pageimage: images of different tables")
	// ErrTooManyRows is returned when the images to be served at once have
	// more rows than an image can number, 2^28-1.
	ErrTooManyRows = errors.New("pageimage: too many rows in one transaction")
)

// Slot is one place to attach images at, for one connection:
//
//	ATTACH '<URI()>' AS batch
//
// It starts as an empty database. A connection sees each new image in its next
// transaction, because the file's change counter is raised, as by another
// process that had written it.
//
// Serve changes the schema cookie where the table is another one than before,
// which makes the connection read the schema again and compile its statement
// again, and [Refresh] necessary before a new one is compiled; a slot for each
// table saves that, and a connection can attach ten databases.
//
// The connection, Serve and Close take turns: a Slot is for the one goroutine
// that holds the connection, and reading it takes no lock.
type Slot struct {
	name    string
	file    file
	head    page     // page 1 as served: the catalog's, stamped
	first   []*page  // the catalog's pages, with head for the first
	catalog *catalog // of the images served last
	counter uint32
	cookie  uint32
	fanout  int
	readers int // connections inside a transaction that reads the slot
	err     error
}

var lastSlot atomic.Uint64

// NewSlot registers a slot under a name of its own.
func NewSlot() *Slot {
	s := &Slot{
		name:   "slot-" + strconv.FormatUint(lastSlot.Add(1), 10),
		fanout: maxFanout,
	}
	register()
	slots.Store(s.name, s)
	return s
}

// URI is the name to attach the slot's database by. It holds no quote.
func (s *Slot) URI() string {
	return "file:" + s.name + "?vfs=" + vfsName + "&mode=ro"
}

// Serve makes the rows of images, one after the other, the content of the
// slot's table from the next transaction on; images without rows add none.
// Call it before BEGIN IMMEDIATE, which begins to read all attached databases.
// It returns [ErrInUse], [ErrTables] or [ErrTooManyRows] and serves what it
// did before where it cannot.
//
// The images belong to the slot until the transaction that reads them has
// ended: they must not be released or served elsewhere before. The same images
// can be served again, for another attempt.
func (s *Slot) Serve(images ...*Image) error {
	if s.readers > 0 {
		return ErrInUse
	}
	if len(images) == 0 {
		return fmt.Errorf("%w: none given", ErrTables)
	}
	c, rows := images[0].catalog, 0
	for _, m := range images {
		if !c.same(m.catalog) {
			return fmt.Errorf("%w: %q and %q", ErrTables, c.table, m.catalog.table)
		}
		if rows += m.rows; rows > maxRowid {
			return ErrTooManyRows
		}
	}
	if !s.catalog.same(c) {
		s.catalog = c
		s.cookie++
		s.head = *c.pages[0]
		s.first = append(append(s.first[:0], &s.head), c.pages[1:]...)
	}
	s.counter++
	s.err = nil
	s.file.assemble(s.first, images, s.fanout)
	s.head.stamp(s.counter, s.cookie, len(s.file.pages))
	return nil
}

// Err is the reason why a page of what the slot serves could not be read from a file,
// nil if none failed. The engine itself only reports that it could not read.
func (s *Slot) Err() error { return s.err }

// Close takes the slot's name away: it can be attached no more. A connection
// that has it attached keeps it until it detaches or closes. A second Close
// does nothing.
func (s *Slot) Close() { slots.Delete(s.name) }
