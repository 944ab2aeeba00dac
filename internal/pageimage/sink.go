package pageimage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/galley-db/galley/internal/record"
)

// ErrSink is returned when what a sink was given is not a table of rows
// numbered one by one.
var ErrSink = errors.New("pageimage: the engine wrote an unexpected page")

// Sink is an image in the other direction: an empty database of one table, to
// be attached for writing by one connection. What
//
//	INSERT INTO sink.t SELECT * FROM main.t
//
// moves into it, whole cells where the tables are alike, comes out as records,
// leaf by leaf, while the statement runs: as soon as the engine's cache is
// full it writes its pages. The connection sets, for the sink alone,
// journal_mode=OFF and a small cache_size.
//
// Rows of such a statement are numbered 1, 2, 3 in the order of the source,
// whatever order their pages are written in: by that a Sink tells which leaf
// comes next, and that none is missing.
type Sink struct {
	name    string
	size    int64            // of the database so far, in bytes
	pages   map[uint32]*page // all but finished leaves, by number
	leaves  map[uint64]*page // leaves with rows that are not out yet, by first rowid
	next    uint64           // rowid
	emit    func(*Leaf) error
	emitErr error
}

// Leaf is the records of some rows, in order. They are valid until Release.
type Leaf struct {
	Records [][]byte
	page    *page
}

var spareLeaves = sync.Pool{New: func() any { return new(Leaf) }}

// Release gives the leaf's memory back.
func (l *Leaf) Release() {
	pages.Put(l.page)
	clear(l.Records)
	l.Records, l.page = l.Records[:0], nil
	spareLeaves.Put(l)
}

// NewSink makes a sink for a table. emit is called with each leaf in turn by
// the goroutine that runs the statement; an error of its ends the statement,
// and is what [Sink.Finish] returns.
func NewSink(table, createSQL string, emit func(*Leaf) error) (*Sink, error) {
	b, err := NewBuilder(table, createSQL)
	if err != nil {
		return nil, err
	}
	registerSink()
	s := &Sink{
		name:   "sink-" + strconv.FormatUint(lastSlot.Add(1), 10),
		pages:  map[uint32]*page{},
		leaves: map[uint64]*page{},
		next:   1,
		emit:   emit,
	}
	empty := b.Finish().Bytes()
	for at := 0; at < len(empty); at += PageSize {
		p := pages.Get().(*page)
		copy(p[:], empty[at:])
		s.pages[uint32(at/PageSize)+1] = p
	}
	s.size = int64(len(empty))
	sinks.Store(s.name, s)
	return s, nil
}

// URI is the name to attach the sink by. It holds no quote.
func (s *Sink) URI() string { return "file:" + s.name + "?vfs=" + sinkVFSName + "&mode=rw" }

// Finish is called when the statement has ended and its transaction is
// committed, with the number of rows that it says it has moved. It returns an
// error where not all of them came out.
func (s *Sink) Finish(rows int64) error {
	if s.emitErr != nil {
		return s.emitErr
	}
	if got := int64(s.next) - 1; got != rows || len(s.leaves) > 0 {
		return fmt.Errorf("%w: %d of %d rows", ErrSink, got, rows)
	}
	return nil
}

// Close takes the sink's name away and gives its memory back. The connection
// has closed or detached it.
func (s *Sink) Close() {
	sinks.Delete(s.name)
	for _, p := range s.pages {
		pages.Put(p)
	}
	for _, p := range s.leaves {
		pages.Put(p)
	}
	s.pages, s.leaves = nil, nil
}

// write takes a page.
func (s *Sink) write(n uint32, b []byte) error {
	p := s.pages[n]
	delete(s.pages, n)
	if p == nil {
		p = pages.Get().(*page)
	}
	copy(p[:], b)
	s.size = max(s.size, int64(n)*PageSize)
	// No overflow page begins like a leaf: the number of its successor would be
	// above 200 million.
	if p[0] != leafKind || n == 1 || p.get16(3) == 0 {
		s.pages[n] = p
		return s.advance()
	}
	_, first := p.payload(0)
	_, last := p.payload(p.get16(3) - 1)
	if last != first+uint64(p.get16(3))-1 {
		return ErrSink
	}
	if last < s.next {
		pages.Put(p) // written again, with rows that are out
		return nil
	}
	if old := s.leaves[first]; old != nil {
		pages.Put(old)
	}
	s.leaves[first] = p
	return s.advance()
}

// payload is where the payload of the i-th cell of a leaf begins with its
// length, and the cell's rowid.
func (p *page) payload(i int) (at int, rowid uint64) {
	at = p.get16(leafHeader + 2*i)
	for p[at] >= 0x80 {
		at++
	}
	at++
	for {
		c := p[at]
		at++
		rowid = rowid<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return at, rowid
		}
	}
}

// advance hands out the leaves that are next.
func (s *Sink) advance() error {
	for s.emitErr == nil {
		p := s.leaves[s.next]
		if p == nil {
			return nil
		}
		l := spareLeaves.Get().(*Leaf)
		l.page = p
		chains, ok := s.take(l)
		if !ok {
			clear(l.Records)
			l.Records, l.page = l.Records[:0], nil
			spareLeaves.Put(l)
			return nil
		}
		for _, n := range chains {
			pages.Put(s.pages[n])
			delete(s.pages, n)
		}
		delete(s.leaves, s.next)
		s.next += uint64(len(l.Records))
		s.emitErr = s.emit(l)
	}
	return s.emitErr
}

// take finds the records of a leaf, and returns the overflow pages that they
// were put together from. It reports false while one of these is still to come.
func (s *Sink) take(l *Leaf) (chains []uint32, ok bool) {
	p := l.page
	for i := range p.get16(3) {
		size, _ := record.Varint(p[p.get16(leafHeader+2*i):])
		at, _ := p.payload(i)
		stays := local(int(size))
		rec := p[at : at+stays : at+stays]
		if uint64(stays) < size {
			rec = append(make([]byte, 0, size), rec...)
			for link := p[at+stays:]; len(rec) < int(size); {
				n := binary.BigEndian.Uint32(link)
				next := s.pages[n]
				if next == nil {
					return nil, false
				}
				chains = append(chains, n)
				rec = append(rec, next[4:4+min(overflow, int(size)-len(rec))]...)
				link = next[:]
			}
		}
		l.Records = append(l.Records, rec)
	}
	return chains, true
}
