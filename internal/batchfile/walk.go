package batchfile

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/galley-db/galley/internal/record"
)

// ErrDamaged is returned when a file is not a complete batch file: a bad
// checksum, a malformed page or record, or content that the format does not
// allow.
var ErrDamaged = errors.New("not a valid batch file")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}

// database is an SQLite database in memory whose pages are read by [walk]. No
// page is read twice, so a file with cycles ends.
type database struct {
	data     []byte
	pageSize int
	usable   int // bytes of a page
	seen     []bool
}

// openDatabase checks the database header.
func openDatabase(data []byte) (*database, error) {
	if len(data) < 512 || string(data[:16]) != magic {
		return nil, damaged("not an SQLite database (bad header)")
	}
	size := int(binary.BigEndian.Uint16(data[16:]))
	if size == 1 {
		size = 65536
	}
	d := &database{data: data, pageSize: size, usable: size - int(data[20])}
	u32 := func(at int) uint32 { return binary.BigEndian.Uint32(data[at:]) }
	switch {
	case size < 512 || size&(size-1) != 0 || d.usable < 480:
		return nil, damaged("page size %d with %d bytes reserved", size, data[20])
	case data[18] != 1 || data[19] != 1:
		return nil, damaged("write-ahead log or newer format (%d, %d); write it with PRAGMA journal_mode=DELETE", data[18], data[19])
	case u32(56) != 1:
		return nil, damaged("text encoding %d; write it with PRAGMA encoding='UTF-8'", u32(56))
	case u32(68) != applicationID:
		return nil, damaged("application id %#x, want %#x", u32(68), applicationID)
	case u32(60) != formatVersion:
		return nil, damaged("format %d (user_version), want %d", u32(60), formatVersion)
	case len(data)%size != 0 || u32(24) != u32(92) || int64(u32(28)) != int64(len(data)/size):
		return nil, damaged("%d bytes for %d pages of %d", len(data), u32(28), size)
	}
	d.seen = make([]bool, len(data)/size)
	return d, nil
}

// page returns a page that was not read before, and where its b-tree header
// begins.
func (d *database) page(number uint32) (p []byte, header int, err error) {
	if number == 0 || int64(number) > int64(len(d.seen)) {
		return nil, 0, damaged("page %d does not exist", number)
	}
	if d.seen[number-1] {
		return nil, 0, damaged("page %d is used twice", number)
	}
	d.seen[number-1] = true
	at := int(number-1) * d.pageSize
	if number == 1 {
		header = fileHeader
	}
	return d.data[at : at+d.usable], header, nil
}

// maxDepth is far above the depth of any b-tree that fits into a file.
const maxDepth = 20

// walk calls row with each record of the table whose root page this is, in the
// order of rowids. A record may point into the file.
func (d *database) walk(root uint32, row func(rec []byte) error) error {
	last := int64(-1 << 63)
	return d.level(root, 0, &last, row)
}

func (d *database) level(number uint32, depth int, last *int64, row func(rec []byte) error) error {
	p, h, err := d.page(number)
	if err != nil {
		return err
	}
	kind, cells := p[h], int(binary.BigEndian.Uint16(p[h+3:]))
	size := leafHeader
	switch {
	case kind == innerKind:
		size = innerHeader
	case kind != leafKind:
		return damaged("page %d is not a page of a table (kind %d)", number, kind)
	}
	pointers := h + size
	if depth > maxDepth || pointers+2*cells > len(p) {
		return damaged("page %d is malformed", number)
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(p[pointers+2*i:]))
		if at < pointers+2*cells || at >= len(p) {
			return damaged("cell %d of page %d is outside of its page", i, number)
		}
		if kind == innerKind {
			if at+4 > len(p) {
				return damaged("cell %d of page %d is cut off", i, number)
			}
			if err := d.level(binary.BigEndian.Uint32(p[at:]), depth+1, last, row); err != nil {
				return err
			}
			continue
		}
		rec, rowid, err := d.cell(p[at:])
		if err != nil {
			return err
		}
		if rowid <= *last {
			return damaged("row %d comes after row %d", rowid, *last)
		}
		*last = rowid
		if err := row(rec); err != nil {
			return err
		}
	}
	if kind == innerKind {
		return d.level(binary.BigEndian.Uint32(p[h+8:]), depth+1, last, row)
	}
	return nil
}

// cell takes a leaf's cell apart.
func (d *database) cell(b []byte) (rec []byte, rowid int64, err error) {
	size, n := record.Varint(b)
	id, m := record.Varint(b[n:])
	if n == 0 || m == 0 || size > uint64(len(d.data)) {
		return nil, 0, damaged("a row's length is malformed")
	}
	b = b[n+m:]
	here := local(int(size), d.usable)
	if here == int(size) {
		if here > len(b) {
			return nil, 0, damaged("row %d is cut off", int64(id))
		}
		return b[:here:here], int64(id), nil
	}
	if here+4 > len(b) {
		return nil, 0, damaged("row %d is cut off", int64(id))
	}
	rec = append(make([]byte, 0, size), b[:here]...)
	next := binary.BigEndian.Uint32(b[here:])
	for len(rec) < int(size) {
		p, _, err := d.page(next)
		if err != nil {
			return nil, 0, err
		}
		next = binary.BigEndian.Uint32(p)
		rec = append(rec, p[4:4+min(len(p)-4, int(size)-len(rec))]...)
	}
	if next != 0 {
		return nil, 0, damaged("row %d goes on after its end", int64(id))
	}
	return rec, int64(id), nil
}
