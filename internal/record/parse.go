package record

import (
	"errors"
	"fmt"
)

// ErrMalformed is returned when bytes are not a record.
var ErrMalformed = errors.New("record: malformed record")

// Parse takes a record apart, appending its values to cells[:0], so that a
// slice can be used again. The cells point into record, which must not change
// as long as they are used.
//
// Every byte of record must belong to it: a record that is cut short, or is
// followed by other bytes, is refused with [ErrMalformed].
func Parse(record []byte, cells []Cell) ([]Cell, error) {
	cells = cells[:0]
	size, n := Varint(record)
	if n == 0 || size > uint64(len(record)) || size < uint64(n) {
		return cells, fmt.Errorf("%w: bad header length", ErrMalformed)
	}
	header, body := record[n:size], record[size:]
	for len(header) > 0 {
		serial, n := uint64(header[0]), 1
		if serial >= 0x80 {
			if serial, n = Varint(header); n == 0 {
				return cells, fmt.Errorf("%w: header ends within a serial type", ErrMalformed)
			}
		}
		header = header[n:]
		length := (serial - serialBlob) / 2
		if serial < serialBlob {
			if sizes[serial] < 0 {
				return cells, fmt.Errorf("%w: reserved serial type %d", ErrMalformed, serial)
			}
			length = uint64(sizes[serial])
		}
		if length > uint64(len(body)) {
			return cells, fmt.Errorf("%w: column %d ends after the record", ErrMalformed, len(cells))
		}
		cells = append(cells, Cell{Serial: serial, Data: body[:length:length]})
		body = body[length:]
	}
	if len(body) > 0 {
		return cells, fmt.Errorf("%w: %d bytes after the last column", ErrMalformed, len(body))
	}
	return cells, nil
}
