package pageimage

import (
	"github.com/galley-db/galley/internal/record"
)

// maxRecord is the longest record that an image takes. Longer ones go by the
// bound path, where the engine itself says what it can hold.
const maxRecord = 1 << 24

// maxRows is the largest number of rows of one image, so that a few can be
// served together.
const maxRows = 1 << 24

// Builder lays rows out as an image of one table. After Finish it is empty and
// can be used for the next image. A Builder is used by one goroutine at a
// time; the images it has finished are independent of it.
type Builder struct {
	catalog *catalog
	image   *Image
	leaf    *page // the leaf being filled: pointers grow up, cells grow down
	at      int   // index of leaf among the image's pages
	low     int   // end of the cell pointers
	high    int   // start of the cells
	record  []byte
	spill   File // nil for pages in memory only
	keep    int  // pages that stay in memory
	alive   int  // pages that are
	next    int  // no page before it is in memory but for the leaf being filled
}

// NewBuilder returns a builder of images of a table. createSQL is the CREATE
// TABLE statement of exactly that name and is what the destination's own
// sqlite_schema says, without its indexes. An error wraps a
// [*schema.ValueError]: a name or a statement that is not valid text.
func NewBuilder(table string, createSQL string) (*Builder, error) {
	c, err := newCatalog(table, createSQL)
	if err != nil {
		return nil, err
	}
	return c.builder(), nil
}

// Clone returns another, empty builder for the same table, which costs less
// than a new one.
func (b *Builder) Clone() *Builder { return b.catalog.builder() }

func (c *catalog) builder() *Builder {
	b := &Builder{catalog: c}
	b.begin()
	return b
}

func (b *Builder) begin() {
	b.image = &Image{catalog: b.catalog}
	b.leaf = nil
	b.spill, b.alive, b.next = nil, 0, 0
	b.low, b.high = 0, 0
}

// Rows is the number of rows added since the last Finish.
func (b *Builder) Rows() int { return b.image.rows }

// Add appends the row in e. It returns false, and leaves the image as it was,
// where the row must go by the bound path: a record of more than 16 MiB, more
// than 16 million rows, or a row that has an error.
func (b *Builder) Add(e *record.Encoder) bool {
	size := e.Size()
	if !e.Complete() || b.image.rows == maxRows {
		return false
	}
	if size > maxLocal {
		if size > maxRecord {
			return false
		}
		b.record = e.AppendTo(b.record[:0])
		b.addLarge(b.record)
		if cap(b.record) > 1<<20 {
			b.record = nil
		}
		return true
	}
	e.AppendTo(b.cell(size, size))
	return true
}

// AddRecord appends a row that is encoded already, for the same columns. It
// returns false where Add does. The record is copied, and not examined.
func (b *Builder) AddRecord(rec []byte) bool {
	if len(rec) > maxRecord || b.image.rows == maxRows {
		return false
	}
	if len(rec) > maxLocal {
		b.addLarge(rec)
		return true
	}
	_ = append(b.cell(len(rec), len(rec)), rec...)
	return true
}

// cell makes room for the next cell, with a payload of size bytes of which
// local are on the leaf, and writes all but the payload. It returns an empty
// slice of the room for that.
func (b *Builder) cell(size, local int) []byte {
	prefix := rowidLen + 1
	if size >= 0x80 {
		prefix = rowidLen + record.VarintLen(uint64(size))
	}
	if b.high-prefix-local < b.low+2 {
		b.turn()
	}
	b.high -= prefix + local
	b.leaf.put16(b.low, b.high)
	b.low += 2
	b.image.rows++
	c := b.leaf[b.high : b.high+prefix+local]
	if size < 0x80 {
		c[0] = byte(size)
	} else if size < 0x4000 {
		c[0], c[1] = byte(size>>7)|0x80, byte(size&0x7f)
	} else {
		record.AppendVarint(c[:0], uint64(size))
	}
	putRowid(c[prefix-rowidLen:], uint32(b.image.rows))
	return c[prefix:prefix:len(c)]
}

// addLarge appends a row that overflows.
func (b *Builder) addLarge(rec []byte) {
	n := local(len(rec))
	c := b.cell(len(rec), n+4)
	_ = append(c, rec[:n]...)
	m := b.image
	from := link{page: b.at, at: b.high + record.VarintLen(uint64(len(rec))) + rowidLen + n}
	for _, p := range overflowPages(rec[n:]) {
		from.to = len(m.pages)
		m.links = append(m.links, from)
		m.pages = append(m.pages, p)
		from = link{page: from.to}
		b.alive++
	}
	b.spillPages()
}

// turn ends the leaf being filled and begins another.
func (b *Builder) turn() {
	b.seal()
	b.leaf = nil
	b.spillPages()
	m := b.image
	b.leaf = pages.Get().(*page)
	b.alive++
	b.at = len(m.pages)
	b.low, b.high = leafHeader, PageSize
	m.pages = append(m.pages, b.leaf)
}

// seal writes the header of the leaf being filled.
func (b *Builder) seal() {
	if b.leaf == nil {
		return
	}
	p := b.leaf
	p[0] = leafKind
	p.put16(1, 0)
	p.put16(3, (b.low-leafHeader)/2)
	p.put16(5, b.high)
	p[7] = 0
	b.image.leaves = append(b.image.leaves, leaf{page: b.at, last: uint32(b.image.rows)})
}

// Finish returns the image of the rows added so far, which may be none. It
// belongs to the caller, who calls its Release when it has been served.
func (b *Builder) Finish() *Image {
	if b.leaf == nil {
		b.turn()
	}
	b.seal()
	m := b.image
	b.begin()
	return m
}
