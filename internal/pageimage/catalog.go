package pageimage

import (
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// catalog is the beginning of an image, the same for all images of a table:
// page 1 with the file header and the one row of sqlite_schema, and what of
// that row overflows. The table's root page is the one that follows.
type catalog struct {
	table, sql string
	pages      []*page
}

// same reports whether a connection that has read the schema of c can go on
// with an image of d.
func (c *catalog) same(d *catalog) bool {
	return c == d || c != nil && c.table == d.table && c.sql == d.sql
}

var catalogColumns = []schema.Column{
	{Name: "type", Type: schema.Text},
	{Name: "name", Type: schema.Text},
	{Name: "tbl_name", Type: schema.Text},
	{Name: "rootpage", Type: schema.Int64},
	{Name: "sql", Type: schema.Text},
}

func newCatalog(table, sql string) (*catalog, error) {
	c := &catalog{table: table, sql: sql}
	e := record.NewEncoder(catalogColumns, 0)
	encode := func(root int) ([]byte, error) {
		e.Reset()
		e.Text(0, "table")
		e.Text(1, table)
		e.Text(2, table)
		e.Int64(3, int64(root))
		e.Text(4, sql)
		if err := e.Err(); err != nil {
			return nil, fmt.Errorf("pageimage: schema of %q: %w", table, err)
		}
		return e.AppendTo(nil), nil
	}
	// The row holds the root's number, and its length decides that number.
	var rec []byte
	for root, next := 0, 2; root != next; {
		root = next
		var err error
		if rec, err = encode(root); err != nil {
			return nil, err
		}
		at, n := cell(rec)
		next = 2 + (len(rec)-n+overflow-1)/overflow
		if at < fileHeader+leafHeader+2 {
			// What would stay on an ordinary leaf is too long beside the
			// file header of page 1. Some blanks more, and it overflows.
			sql += strings.Repeat(" ", fileHeader+36)
			root = 0 // not settled yet
		}
	}
	c.layout(rec)
	return c, nil
}

// cell says where the cell of rec begins on page 1, and how much of rec is in
// it.
func cell(rec []byte) (at, n int) {
	n = local(len(rec))
	at = PageSize - record.VarintLen(uint64(len(rec))) - rowidLen - n
	if n < len(rec) {
		at -= 4
	}
	return at, n
}

func (c *catalog) layout(rec []byte) {
	at, n := cell(rec)
	first := new(page)
	head := record.AppendVarint(first[at:at], uint64(len(rec)))
	first.putRowid(at+len(head), 1)
	copy(first[at+len(head)+rowidLen:], rec[:n])
	c.pages = []*page{first}
	if n < len(rec) {
		first.put32(PageSize-4, 2)
		chain := overflowPages(rec[n:])
		for i, p := range chain[:len(chain)-1] {
			p.put32(0, uint32(i+3))
		}
		c.pages = append(c.pages, chain...)
	}
	first[fileHeader] = leafKind
	first.put16(fileHeader+3, 1)
	first.put16(fileHeader+5, at)
	first.put16(fileHeader+leafHeader, at)
	first.stampConstant()
}

// Offsets of the fields of the file header that change from image to image:
// https://sqlite.org/fileformat2.html#the_database_header.
const (
	atCounter  = 24
	atSize     = 28
	atCookie   = 40
	atValidFor = 92
)

// stampConstant writes the fields of the file header that never change.
func (p *page) stampConstant() {
	copy(p[:], "SQLite format 3\x00")
	p.put16(16, PageSize&0xffff|PageSize>>16) // 1 stands for 65536
	p[18], p[19] = 1, 1                       // a rollback journal, not WAL
	p[21], p[22], p[23] = 64, 32, 32          // fixed payload fractions
	p.put32(44, 4)                            // schema format
	p.put32(56, 1)                            // UTF-8
	p.put32(96, 3_051_003)                    // written as by this version of SQLite
}

// stamp writes the fields of the file header that say which image this is.
func (p *page) stamp(counter, cookie uint32, size int) {
	p.put32(atCounter, counter)
	p.put32(atValidFor, counter) // else SQLite does not trust the size
	p.put32(atSize, uint32(size))
	p.put32(atCookie, cookie)
}
