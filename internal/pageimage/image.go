package pageimage

// keepBytes is how much of one image's memory Release keeps for others. What
// an unusually large image needed goes back to the garbage collector.
const keepBytes = 8 << 20

// Image is a batch of rows as a read-only database: some leaves of a table's
// b-tree and the overflow pages of their rows. It is complete only together
// with what a [Slot] puts before and above them, so that the pages of several
// images can be served as one table without being copied.
//
// An Image is used by one goroutine at a time.
type Image struct {
	catalog *catalog
	pages   []*page // the first is a leaf; nil for those in a file
	leaves  []leaf  // in order of their rows
	links   []link  // of the pages in memory
	rows    int
	base    uint32 // what has been added to all rowids
	first   uint32 // the number of the first page
	spilled spilled
}

// leaf is a page with rows.
type leaf struct {
	page int    // index among the image's pages
	last uint32 // the last row's rowid, before base is added
}

// link is the place of a pointer to an overflow page, which can be written
// only when the number of the image's first page is known.
type link struct {
	page, at int // where the pointer is
	to       int // index of the page it points to
}

// Size is that of the image's pages, in bytes.
func (m *Image) Size() int { return len(m.pages) * PageSize }

// Alive is the number of pages that are in memory, and not in a file.
func (m *Image) Alive() (n int) {
	for _, p := range m.pages {
		if p != nil {
			n++
		}
	}
	return n
}

// Bytes returns the image as a database file, complete with its header, in
// memory of its own. It must not be called while the image is being served, nor for
// an image that is partly in a file.
func (m *Image) Bytes() []byte {
	var f file
	f.assemble(m.catalog.pages, []*Image{m}, maxFanout)
	b := make([]byte, 0, f.size())
	for i := range f.pages {
		b = b[:len(b)+PageSize]
		if err := f.read(i, b[len(b)-PageSize:]); err != nil {
			panic(err)
		}
	}
	(*page)(b).stamp(1, 1, len(f.pages))
	return b
}

// Release gives the image's memory back for other images. The image has no
// rows afterwards. It must not be called while a slot serves the image to a
// transaction that is under way.
func (m *Image) Release() {
	kept := 0
	for _, p := range m.pages {
		if p != nil && kept < keepBytes {
			kept += PageSize
			pages.Put(p)
		}
	}
	*m = Image{catalog: m.catalog}
}

// place fits the image into a file: its first page has the number first, and
// its first row comes after base others.
func (m *Image) place(first, base uint32) {
	m.first = first
	for _, l := range m.links {
		m.pages[l.page].put32(l.at, first+uint32(l.to))
	}
	if m.base != base {
		m.renumber(base)
	}
}

// renumber rewrites the rowids of all rows.
func (m *Image) renumber(base uint32) {
	m.base = base
	id := base
	for _, l := range m.leaves {
		p := m.pages[l.page]
		if p == nil { // it is renumbered when it is read
			id = base + l.last
			continue
		}
		cells := p.get16(3)
		for i := range cells {
			at := p.get16(leafHeader + 2*i)
			for p[at] >= 0x80 { // the payload's length
				at++
			}
			id++
			p.putRowid(at+1, id)
		}
	}
}
