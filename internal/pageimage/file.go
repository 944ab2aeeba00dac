package pageimage

import "sort"

// maxFanout is the number of children that an interior page names: one cell of
// a page number and a rowid for each but the last.
const maxFanout = (PageSize-innerHeader)/(2+4+rowidLen) + 1

// file is a database put together of a catalog, the pages of images and the
// interior pages above their leaves.
type file struct {
	pages    []*page // nil for those in the file of an image
	inner    []*page // interior pages, used again by the next assemble
	children []child
	places   []place // of the images
}

// place is where the pages of an image begin.
type place struct {
	first int
	image *Image
}

// child is a page of the level below the one being made.
type child struct {
	page uint32 // its number
	last uint32 // largest rowid in it
}

func (f *file) size() int64 { return int64(len(f.pages)) * PageSize }

// assemble puts a file together of the rows of images, which are of one table.
func (f *file) assemble(catalog []*page, images []*Image, fanout int) {
	f.pages = append(f.pages[:0], catalog...)
	f.children, f.places = f.children[:0], f.places[:0]
	leaves := 0
	for _, m := range images {
		if m.rows > 0 {
			leaves += len(m.leaves)
		}
	}
	used := 0
	inner := func() *page {
		if used == len(f.inner) {
			f.inner = append(f.inner, new(page))
		}
		used++
		return f.inner[used-1]
	}
	var root *page
	if leaves > 1 {
		root = inner()
		f.pages = append(f.pages, root)
	} // else the only leaf is the root: SQLite refuses a root with one child
	base := uint32(0)
	for _, m := range images {
		if m.rows == 0 {
			continue
		}
		f.places = append(f.places, place{len(f.pages), m})
		first := uint32(len(f.pages)) + 1
		m.place(first, base)
		for _, l := range m.leaves {
			f.children = append(f.children, child{first + uint32(l.page), base + l.last})
		}
		f.pages = append(f.pages, m.pages...)
		base += uint32(m.rows)
	}
	switch {
	case leaves == 0:
		p := inner()
		p[0] = leafKind
		p.put16(3, 0)
		p.put16(5, PageSize)
		f.pages = append(f.pages, p)
	case leaves > 1:
		for len(f.children) > fanout {
			f.raise(fanout, inner)
		}
		root.branch(f.children)
	}
}

// read fills b, of the size of a page, with page i.
func (f *file) read(i int, b []byte) error {
	if p := f.pages[i]; p != nil {
		copy(b, p[:])
		return nil
	}
	n := sort.Search(len(f.places), func(n int) bool { return f.places[n].first > i }) - 1
	return f.places[n].image.read(i-f.places[n].first, (*page)(b))
}

// raise makes one level of interior pages above the children, which takes
// their place. All get about the same number, since SQLite refuses a page with
// only one child; none has, as long as fanout is at least 3.
func (f *file) raise(fanout int, inner func() *page) {
	n := len(f.children)
	nodes := (n + fanout - 1) / fanout
	for i := range nodes {
		part := f.children[i*n/nodes : (i+1)*n/nodes]
		p := inner()
		p.branch(part)
		f.pages = append(f.pages, p)
		f.children[i] = child{uint32(len(f.pages)), part[len(part)-1].last}
	}
	f.children = f.children[:nodes]
}

// branch writes an interior page.
func (p *page) branch(children []child) {
	cells := children[:len(children)-1]
	low, high := innerHeader, PageSize
	for _, c := range cells {
		high -= 4 + rowidLen
		p.put32(high, c.page)
		p.putRowid(high+4, c.last)
		p.put16(low, high)
		low += 2
	}
	p[0] = innerKind
	p.put16(1, 0)
	p.put16(3, len(cells))
	p.put16(5, high)
	p[7] = 0
	p.put32(8, children[len(children)-1].page)
}
