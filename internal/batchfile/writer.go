package batchfile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// MaxSize is the largest file that a Writer makes and Parse reads, in bytes. A
// batch is held in memory as a whole.
const MaxSize = 1 << 30

// ErrTooLarge is returned when a batch does not fit into a file of MaxSize.
var ErrTooLarge = errors.New("the batch is too large for one file of a spool; split it into several batches")

// Writer lays out the rows of one batch.
type Writer struct {
	schema *schema.Schema
	pages  pages
	rows   tree
}

// NewWriter returns a Writer without rows.
func NewWriter(s *schema.Schema) *Writer {
	w := &Writer{schema: s}
	w.pages.add() // page 1 is written last
	w.rows.pages = &w.pages
	return w
}

// Add appends a row: a record of exactly the schema's columns. The record is
// copied, and not examined. It returns ErrTooLarge when the file is full.
func (w *Writer) Add(rec []byte) error {
	if len(w.pages.data)+len(rec) > MaxSize-1<<20 {
		return ErrTooLarge
	}
	w.rows.add(rec)
	return nil
}

// Finish returns the file. at is the time of the batch in microseconds since
// 1970, UTC. The Writer cannot be used afterwards.
func (w *Writer) Finish(key string, at int64) ([]byte, error) {
	table := w.schema.Name()
	rows := w.rows.rows
	root := w.rows.root()

	columns := tree{pages: &w.pages}
	enc := record.NewEncoder(columnsOfColumns, 0)
	for i, c := range w.schema.Columns() {
		enc.Reset()
		enc.Text(0, table)
		enc.Int64(1, int64(i))
		enc.Text(2, c.Name)
		enc.Text(3, c.Spec())
		if err := enc.Err(); err != nil {
			return nil, fmt.Errorf("batch of table %q: %w", table, err)
		}
		columns.add(enc.AppendTo(nil))
	}
	batches := tree{pages: &w.pages}
	enc = record.NewEncoder(columnsOfBatches, 0)
	enc.Text(0, table)
	enc.Text(1, key)
	enc.Int64(2, int64(rows))
	enc.Int64(3, at)
	if err := enc.Err(); err != nil {
		return nil, fmt.Errorf("batch of table %q: %w", table, err)
	}
	batches.add(enc.AppendTo(nil))

	if err := w.catalog([]object{
		{table, root, Create(w.schema)},
		{columnsTable, columns.root(), createColumns},
		{batchesTable, batches.root(), createBatches},
	}); err != nil {
		return nil, fmt.Errorf("batch of table %q: %w", table, err)
	}
	w.header()
	return seal(w.pages.data), nil
}

// object is a row of sqlite_schema.
type object struct {
	name string
	root uint32
	sql  string
}

// catalog writes sqlite_schema, whose root is page 1: the rows themselves where
// they fit, or one leaf for each.
func (w *Writer) catalog(objects []object) error {
	enc := record.NewEncoder(columnsOfCatalog, 0)
	recs := make([][]byte, len(objects))
	room := pageSize - fileHeader - leafHeader
	for i, o := range objects {
		enc.Reset()
		enc.Text(0, "table")
		enc.Text(1, o.name)
		enc.Text(2, o.name)
		enc.Int64(3, int64(o.root))
		enc.Text(4, o.sql)
		if err := enc.Err(); err != nil {
			return err
		}
		recs[i] = enc.AppendTo(nil)
		room -= 2 + record.VarintLen(uint64(len(recs[i]))) + 1 + len(recs[i])
	}
	if room < 0 {
		leaves := make([]child, len(recs))
		for i, rec := range recs {
			t := tree{pages: &w.pages, rows: i}
			t.add(rec)
			leaves[i] = child{t.root(), i + 1}
		}
		branch(w.pages.page(1), fileHeader, leaves)
		return nil
	}
	p := w.pages.page(1)
	low, high := fileHeader+leafHeader, pageSize
	for i, rec := range recs {
		high -= record.VarintLen(uint64(len(rec))) + 1 + len(rec)
		putCell(p[high:high], rec, len(rec), i+1, 0)
		put16(p[low:], high)
		low += 2
	}
	p[fileHeader] = leafKind
	put16(p[fileHeader+3:], len(recs))
	put16(p[fileHeader+5:], high)
	return nil
}

// header writes the database header
// (https://sqlite.org/fileformat2.html#the_database_header).
func (w *Writer) header() {
	p := w.pages.page(1)
	put32 := func(at int, v uint32) { binary.BigEndian.PutUint32(p[at:], v) }
	copy(p, magic)
	put16(p[16:], pageSize)
	p[18], p[19] = 1, 1              // a rollback journal, not WAL
	p[21], p[22], p[23] = 64, 32, 32 // fixed payload fractions
	put32(24, 1)                     // change counter
	put32(28, uint32(len(w.pages.data)/pageSize))
	put32(40, 1)             // schema cookie
	put32(44, 4)             // schema format
	put32(56, 1)             // UTF-8
	put32(60, formatVersion) // user_version
	put32(68, applicationID)
	put32(92, 1)         // version-valid-for: the change counter
	put32(96, 3_051_003) // written as by this version of SQLite
}

const magic = "SQLite format 3\x00"

// The line after the database: its SHA-256.
const (
	sealPrefix = "sha256 "
	sealSize   = len(sealPrefix) + 2*sha256.Size + 1
)

// seal appends the checksum line to a database.
func seal(db []byte) []byte {
	sum := sha256.Sum256(db)
	db = append(db, sealPrefix...)
	db = hex.AppendEncode(db, sum[:])
	return append(db, '\n')
}
