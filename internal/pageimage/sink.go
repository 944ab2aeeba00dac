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
// whatever order their pages are written in: from that a Sink finds the next
// leaf, and detects a missing one.
type Sink struct {
	name   string
	size   int64            // of the database so far, in bytes
	pages  map[uint32]*page // all but finished leaves, by number
	leaves map[uint64]*page // leaves with rows that are not out yet, by first rowid
	next   uint64           // rowid
	emit   func(*Leaf) error
	err    error // why no more comes out
}

// Leaf is the records of some rows, in order. They are valid until Release. A
// record that overflowed comes by itself, since it may be of any size.
type Leaf struct {
	Records [][]byte
	Large   bool
	page    *page // nil but for the last records of a page
}

var spareLeaves = sync.Pool{New: func() any { return new(Leaf) }}

// Release gives the leaf's memory back. Leaves are released in their order.
func (l *Leaf) Release() {
	if l.page != nil {
		pages.Put(l.page)
	}
	clear(l.Records)
	*l = Leaf{Records: l.Records[:0]}
	spareLeaves.Put(l)
}

// NewSink makes a sink for a table. emit is called with each leaf in turn by
// the goroutine that runs the statement; an error of its ends the statement,
// and is what [Sink.Err] returns.
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

// Err is the reason why the sink ended the statement, nil if it did not. The engine
// itself only reports that it could not write.
func (s *Sink) Err() error { return s.err }

// Finish is called when the statement has ended and its transaction is
// committed, with the number of rows that it says it has moved. It returns an
// error where not all of them came out.
func (s *Sink) Finish(rows int64) error {
	if s.err != nil {
		return s.err
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
		pages.Put(p)
		s.err = ErrSink
		return s.err
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

// advance hands out what is next and has been written.
func (s *Sink) advance() error {
	for s.err == nil {
		p := s.leaves[s.next]
		if p == nil {
			return nil
		}
		_, first := p.payload(0)
		l := spareLeaves.Get().(*Leaf)
		if !s.take(l, p, int(s.next-first)) {
			spareLeaves.Put(l)
			return nil
		}
		delete(s.leaves, s.next)
		s.next += uint64(len(l.Records))
		if int(s.next-first) == p.get16(3) {
			l.page = p
		} else {
			s.leaves[s.next] = p // the rest of it is next
		}
		s.err = s.emit(l)
	}
	return s.err
}

// take finds records of a page, from cell i on: those that are whole on it, or
// one that overflows. It reports false where one of its overflow pages is still
// to come.
func (s *Sink) take(l *Leaf, p *page, i int) bool {
	for ; i < p.get16(3); i++ {
		size, _ := record.Varint(p[p.get16(leafHeader+2*i):])
		at, _ := p.payload(i)
		stays := local(int(size))
		rec := p[at : at+stays : at+stays]
		if uint64(stays) < size {
			if len(l.Records) > 0 {
				return true
			}
			chain := s.chain(p[at+stays:], int(size)-stays)
			if chain == nil {
				return false
			}
			l.Records, l.Large = append(l.Records, s.join(rec, chain, int(size))), true
			return true
		}
		l.Records = append(l.Records, rec)
	}
	return true
}

// chain is the numbers of the overflow pages that hold rest bytes, nil while
// one of them has not been written.
func (s *Sink) chain(link []byte, rest int) (chain []uint32) {
	for ; rest > 0; rest -= overflow {
		n := binary.BigEndian.Uint32(link)
		p := s.pages[n]
		if p == nil {
			return nil
		}
		chain = append(chain, n)
		link = p[:]
	}
	return chain
}

// join puts a record together, and gives its overflow pages back.
func (s *Sink) join(stays []byte, chain []uint32, size int) []byte {
	rec := append(make([]byte, 0, size), stays...)
	for _, n := range chain {
		if p := s.pages[n]; p != nil {
			rec = append(rec, p[4:4+min(overflow, size-len(rec))]...)
			pages.Put(p)
			delete(s.pages, n)
		}
	}
	return rec
}
