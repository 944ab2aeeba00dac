package batchfile

import (
	"encoding/binary"

	"github.com/galley-db/galley/internal/record"
)

// The b-tree's page format: https://sqlite.org/fileformat2.html#b_tree_pages.
const (
	// pageSize is that of the files that a Writer makes: batches are small.
	pageSize = 4096

	fileHeader  = 100
	leafHeader  = 8
	innerHeader = 12
	leafKind    = 0x0d
	innerKind   = 0x05
)

// local returns how much of a payload of n bytes stays on its leaf, where
// usable bytes of each page can be used.
func local(n, usable int) int {
	most := usable - 35
	if n <= most {
		return n
	}
	least := (usable-12)*32/255 - 23
	if k := least + (n-least)%(usable-4); k <= most {
		return k
	}
	return least
}

// pages are the pages of a file in their order; the first has the number 1.
type pages struct{ data []byte }

// add appends an empty page and returns its number.
func (p *pages) add() uint32 {
	n := len(p.data)
	if cap(p.data) < n+pageSize {
		grown := make([]byte, n, max(2*cap(p.data), 16*pageSize))
		copy(grown, p.data)
		p.data = grown
	}
	p.data = p.data[:n+pageSize]
	clear(p.data[n:])
	return uint32(n/pageSize) + 1
}

func (p *pages) page(number uint32) []byte {
	return p.data[int(number-1)*pageSize : int(number)*pageSize]
}

// tree is a table's b-tree that grows by rows in the order of their rowids.
type tree struct {
	pages     *pages
	leaves    []child
	leaf      uint32 // the leaf that is being filled, 0 for none
	low, high int    // end of its cell pointers, start of its cells
	rows      int
}

// child is a page and the largest rowid in it.
type child struct {
	page uint32
	last int
}

// add appends a row.
func (t *tree) add(rec []byte) {
	n := local(len(rec), pageSize)
	size := record.VarintLen(uint64(len(rec))) + record.VarintLen(uint64(t.rows+1)) + n
	if n < len(rec) {
		size += 4
	}
	if t.leaf == 0 || t.high-size < t.low+2 {
		t.seal()
		t.leaf = t.pages.add()
		t.low, t.high = leafHeader, pageSize
	}
	var overflow uint32
	if n < len(rec) {
		overflow = t.spill(rec[n:])
	}
	t.rows++
	p := t.pages.page(t.leaf)
	t.high -= size
	putCell(p[t.high:t.high], rec[:n], len(rec), t.rows, overflow)
	put16(p[t.low:], t.high)
	t.low += 2
}

// putCell appends the cell of a row to b, which has the room.
func putCell(b, payload []byte, size, rowid int, overflow uint32) {
	b = record.AppendVarint(b, uint64(size))
	b = record.AppendVarint(b, uint64(rowid))
	b = append(b, payload...)
	if overflow > 0 {
		binary.BigEndian.AppendUint32(b, overflow)
	}
}

// spill puts the rest of a record on overflow pages and returns the first.
func (t *tree) spill(rest []byte) uint32 {
	first := t.pages.add()
	for number := first; ; {
		p := t.pages.page(number)
		rest = rest[copy(p[4:], rest):]
		if len(rest) == 0 {
			return first
		}
		next := t.pages.add()
		binary.BigEndian.PutUint32(t.pages.page(number), next)
		number = next
	}
}

// seal writes the header of the leaf that is being filled.
func (t *tree) seal() {
	if t.leaf == 0 {
		return
	}
	p := t.pages.page(t.leaf)
	p[0] = leafKind
	put16(p[3:], (t.low-leafHeader)/2)
	put16(p[5:], t.high)
	t.leaves = append(t.leaves, child{t.leaf, t.rows})
}

// root completes the tree and returns the number of its root page.
func (t *tree) root() uint32 {
	if t.leaf == 0 {
		t.leaf = t.pages.add()
		t.low, t.high = leafHeader, pageSize
	}
	t.seal()
	level := t.leaves
	const fanout = (pageSize - innerHeader) / (2 + 4 + 5) // a rowid of 5 bytes is more than 2^28 rows
	for len(level) > 1 {
		nodes := (len(level) + fanout - 1) / fanout
		next := make([]child, nodes)
		for i := range nodes { // about the same number each: SQLite refuses a page with one child
			part := level[i*len(level)/nodes : (i+1)*len(level)/nodes]
			number := t.pages.add()
			branch(t.pages.page(number), 0, part)
			next[i] = child{number, part[len(part)-1].last}
		}
		level = next
	}
	return level[0].page
}

// branch writes an interior page whose header begins at offset at.
func branch(p []byte, at int, children []child) {
	last := len(children) - 1
	low, high := at+innerHeader, pageSize
	for _, c := range children[:last] {
		high -= 4 + record.VarintLen(uint64(c.last))
		record.AppendVarint(binary.BigEndian.AppendUint32(p[high:high], c.page), uint64(c.last))
		put16(p[low:], high)
		low += 2
	}
	p[at] = innerKind
	put16(p[at+3:], last)
	put16(p[at+5:], high)
	binary.BigEndian.PutUint32(p[at+8:], children[last].page)
}

func put16(b []byte, v int) { binary.BigEndian.PutUint16(b, uint16(v)) }
