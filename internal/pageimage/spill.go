package pageimage

import "github.com/galley-db/galley/internal/record"

// File is where pages go that would take much memory, as a *spill.File is.
type File interface {
	// Write adds a page, and returns where it is.
	Write(b []byte) (at int64, err error)
	// Read fills b with what is at a place that Write has returned.
	Read(b []byte, at int64) error
}

// spilled is the pages of an image that are in a file. There its rows are numbered from
// 1, and so are its pages. What is read is renumbered.
type spilled struct {
	file File
	at   []int64 // of each of the image's pages that is in the file
}

// Spill has the builder write the pages of the image that it is building to a file
// once more than keep of them are in memory. Pages that the file does not take stay in
// memory. The file must stay open until the image has been served for the last time.
func (b *Builder) Spill(to File, keep int) {
	b.spill, b.keep = to, keep
}

// spillPages writes what has been built to the file if there is enough of it. The leaf
// being filled stays.
func (b *Builder) spillPages() {
	m := b.image
	if b.spill == nil || b.alive <= b.keep {
		return
	}
	links := m.links[:0]
	for _, l := range m.links { // of the pages that were in memory
		if b.leaf != nil && l.page == b.at {
			links = append(links, l)
		} else {
			m.pages[l.page].put32(l.at, uint32(l.to)+1)
		}
	}
	m.links = links
	m.spilled.file = b.spill
	for ; b.next < len(m.pages); b.next++ {
		p := m.pages[b.next]
		if p == nil || p == b.leaf {
			continue
		}
		at, err := b.spill.Write(p[:])
		if err != nil {
			b.unspill()
			return
		}
		m.spill(b.next, at)
		b.alive--
	}
	if b.leaf != nil {
		b.next = b.at
	}
}

// unspill keeps further pages in memory. The pointers of those already there are
// written when the image is placed, as ever.
func (b *Builder) unspill() {
	b.spill = nil
	m := b.image
	for i, p := range m.pages {
		if p == nil || p == b.leaf {
			continue
		}
		p.pointers(func(at int) {
			if to := p.get32(at); to != 0 {
				m.links = append(m.links, link{page: i, at: at, to: int(to) - 1})
			}
		})
	}
}

// spill takes page i out of memory.
func (m *Image) spill(i int, at int64) {
	for len(m.spilled.at) <= i {
		m.spilled.at = append(m.spilled.at, 0)
	}
	m.spilled.at[i] = at
	pages.Put(m.pages[i])
	m.pages[i] = nil
}

// read reads page i, which is in the file, as it is in the place of the image.
func (m *Image) read(i int, p *page) error {
	if err := m.spilled.file.Read(p[:], m.spilled.at[i]); err != nil {
		return err
	}
	if p[0] == leafKind {
		for k := range p.get16(3) {
			at := p.get16(leafHeader + 2*k)
			_, n := record.Varint(p[at:])
			p.putRowid(at+n, p.rowid(at+n)+m.base)
		}
	}
	p.pointers(func(at int) {
		if to := p.get32(at); to != 0 {
			p.put32(at, to+m.first-1)
		}
	})
	return nil
}

// pointers calls found with the place of each pointer to an overflow page. An overflow
// page is not taken for a leaf: its first byte is that of a page's number, which is
// below 200 million.
func (p *page) pointers(found func(at int)) {
	if p[0] != leafKind {
		found(0)
		return
	}
	for k := range p.get16(3) {
		at := p.get16(leafHeader + 2*k)
		size, n := record.Varint(p[at:])
		if size > maxLocal {
			found(at + n + rowidLen + local(int(size)))
		}
	}
}
