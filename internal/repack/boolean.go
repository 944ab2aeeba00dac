package repack

import (
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// levelsOf are the highest levels of each column, in the order of a row group.
func levelsOf(schema []format.SchemaElement) []leafLevels {
	var found []leafLevels
	at := 0
	var walk func(l leafLevels)
	walk = func(l leafLevels) {
		if at >= len(schema) {
			return
		}
		e := schema[at]
		at++
		if e.RepetitionType.Valid && at > 1 {
			l.repeated = l.repeated || e.RepetitionType.V == format.Repeated
			l.defined = l.defined || e.RepetitionType.V != format.Required
		}
		if e.Type.Valid {
			found = append(found, l)
			return
		}
		for range e.NumChildren.V {
			walk(l)
		}
	}
	walk(leafLevels{})
	return found
}

// leafLevels are the levels that a column's pages have.
type leafLevels struct{ repeated, defined bool }

// runs reports whether a page has booleans in the run-length encoding. The library
// takes a run of true for one true value and seven that are false.
func runs(h *format.PageHeader) bool {
	switch {
	case h.DataPageHeader.Valid:
		return h.DataPageHeader.V.Encoding == format.RLE
	case h.DataPageHeaderV2.Valid:
		return h.DataPageHeaderV2.V.Encoding == format.RLE
	}
	return false
}

// plainBooleans is the content of a page with runs, which is not compressed, in
// the plain encoding. It says so in the header.
func plainBooleans(h *format.PageHeader, body []byte, l leafLevels) ([]byte, error) {
	before, count, least := 0, int32(0), int32(0) // bytes of levels, and how many values
	if v2 := &h.DataPageHeaderV2.V; h.DataPageHeaderV2.Valid {
		before, count = int(levels(h)), v2.NumValues
		if !l.repeated { // of lists, writers differ in what they count as NULL
			least = count - v2.NumNulls
		}
		v2.Encoding = format.Plain
	} else {
		v1 := &h.DataPageHeader.V
		if count = v1.NumValues; !l.repeated && !l.defined {
			least = count
		}
		for _, level := range []struct {
			there bool
			form  format.Encoding
		}{{l.repeated, v1.RepetitionLevelEncoding}, {l.defined, v1.DefinitionLevelEncoding}} {
			if !level.there {
				continue
			}
			if level.form != format.RLE {
				return nil, fmt.Errorf("%w: a page of booleans has levels in the encoding %v", ErrUnsupported, level.form)
			}
			n, err := prefixed(body[before:])
			if err != nil {
				return nil, err
			}
			before += n
		}
		v1.Encoding = format.Plain
	}
	if before > len(body) {
		return nil, fmt.Errorf("a page has %d bytes and levels of %d", len(body), before)
	}
	var bits []byte
	if len(body) > before && count > 0 { // not all are NULL
		var err error
		if bits, err = decodeRuns(body[before:], int(least), int(count)); err != nil {
			return nil, err
		}
	}
	body = append(body[:before:before], bits...)
	h.CompressedPageSize, h.UncompressedPageSize = int32(len(body)), int32(len(body))
	return body, nil
}

// prefixed is the length of a part that begins with its length.
func prefixed(b []byte) (int, error) {
	if len(b) < 4 {
		return 0, fmt.Errorf("a page ends within the length of a part")
	}
	n := int64(binary.LittleEndian.Uint32(b)) + 4
	if n > int64(len(b)) {
		return 0, fmt.Errorf("a part of a page has %d bytes, and the page ends after %d", n, len(b))
	}
	return int(n), nil
}

// decodeRuns decodes the hybrid of runs and packed bits of bit width 1
// (https://parquet.apache.org/docs/file-format/data-pages/encodings/), of least to
// most values, into bits. What is behind the last run is not there, and not false.
func decodeRuns(b []byte, least, most int) ([]byte, error) {
	n, err := prefixed(b)
	if err != nil {
		return nil, err
	}
	b = b[4:n]
	bits, count := make([]byte, (most+7)/8), 0
	add := func(bit byte) {
		if count < most {
			bits[count/8] |= bit << (count % 8)
			count++
		}
	}
	for len(b) > 0 && count < most {
		head, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, fmt.Errorf("a run of booleans has no length")
		}
		b = b[n:]
		length := head >> 1
		if head&1 == 0 {
			if len(b) == 0 {
				return nil, fmt.Errorf("a run of booleans has no value")
			}
			for range min(length, uint64(most-count)) {
				add(b[0] & 1)
			}
			b = b[1:]
			continue
		}
		if length > uint64(len(b)) {
			return nil, fmt.Errorf("packed booleans end after %d bytes of %d", len(b), length)
		}
		for _, packed := range b[:length] {
			for k := range 8 {
				add(packed >> k & 1)
			}
		}
		b = b[length:]
	}
	if count < least {
		return nil, fmt.Errorf("a page has %d booleans of %d", count, least)
	}
	return bits[:(count+7)/8], nil
}
