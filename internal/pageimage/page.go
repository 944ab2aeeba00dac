package pageimage

import (
	"encoding/binary"
	"sync"
)

// PageSize is that of every image, in bytes. The destination's may differ. The
// largest page costs least: fewer reads through the VFS, fewer overflows.
const PageSize = 65536

// The b-tree's page format: https://sqlite.org/fileformat2.html#b_tree_pages.
const (
	leafHeader  = 8
	innerHeader = 12
	fileHeader  = 100 // before the b-tree header of page 1

	leafKind  = 0x0d
	innerKind = 0x05

	// maxLocal is the longest payload that a leaf holds whole; of a longer
	// one, minLocal bytes or a little more stay and the rest overflows.
	maxLocal = PageSize - 35
	minLocal = (PageSize-12)*32/255 - 23
	overflow = PageSize - 4 // payload on an overflow page
)

// rowidLen is the length of every rowid in an image. A varint may be longer
// than it need be; one of a fixed length can be renumbered where it stands.
const rowidLen = 4

// maxRowid is the largest rowid that rowidLen bytes hold.
const maxRowid = 1<<(7*rowidLen) - 1

type page [PageSize]byte

// pages holds pages that no image uses. Their bytes are what the last image
// left there, so a page is written wherever it is read: SQLite does not look
// at the room between a page's cell pointers and its cells.
var pages = sync.Pool{New: func() any { return new(page) }}

func (p *page) put16(at, v int)           { binary.BigEndian.PutUint16(p[at:], uint16(v)) }
func (p *page) put32(at int, v uint32)    { binary.BigEndian.PutUint32(p[at:], v) }
func (p *page) get32(at int) uint32       { return binary.BigEndian.Uint32(p[at:]) }
func (p *page) get16(at int) int          { return int(binary.BigEndian.Uint16(p[at:])) }
func (p *page) putRowid(at int, v uint32) { putRowid(p[at:], v) }

func putRowid(b []byte, v uint32) {
	binary.BigEndian.PutUint32(b, 0x80808000|
		v<<3&0x7f000000|v<<2&0x7f0000|v<<1&0x7f00|v&0x7f)
}

// rowid is the inverse of putRowid.
func (p *page) rowid(at int) uint32 {
	b := p.get32(at)
	return b>>3&0xfe00000 | b>>2&0x1fc000 | b>>1&0x3f80 | b&0x7f
}

// local is how much of a payload of n bytes stays on its leaf.
func local(n int) int {
	if n <= maxLocal {
		return n
	}
	if k := minLocal + (n-minLocal)%overflow; k <= maxLocal {
		return k
	}
	return minLocal
}

// overflowPages lays what does not stay on a leaf out on overflow pages. Their first
// four bytes, the number of the next one, are left to the caller; those of the
// last are zero.
func overflowPages(rest []byte) []*page {
	var chain []*page
	for len(rest) > 0 {
		p := pages.Get().(*page)
		rest = rest[copy(p[4:], rest):]
		p.put32(0, 0)
		chain = append(chain, p)
	}
	return chain
}
