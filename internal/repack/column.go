package repack

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// column rewrites a column of a row group, if it needs it.
func (o *output) column(c *format.ColumnChunk, l leafLevels, end int64, suspect bool) error {
	meta := &c.MetaData
	path := strings.Join(meta.PathInSchema, ".")
	decompress, known := codecs[meta.Codec]
	switch {
	case !known:
		return fmt.Errorf("%w: column %q is compressed by %v", ErrUnsupported, path, meta.Codec)
	case c.FilePath != "":
		return fmt.Errorf("%w: column %q is in another file, %q", ErrUnsupported, path, c.FilePath)
	}
	lz4 := meta.Codec == format.Lz4 || meta.Codec == format.Lz4Raw
	if !lz4 && !suspect {
		return nil
	}
	p := &pages{in: o.in, pos: meta.DataPageOffset, end: end, values: meta.NumValues}
	if at := meta.DictionaryPageOffset; at > 0 && at < p.pos {
		p.pos = at
	}
	boolean := false // there are runs of booleans
	if suspect && meta.Type == format.Boolean {
		var err error
		if boolean, err = p.any(runs); err != nil && !errors.Is(err, ErrUnsupported) {
			return fmt.Errorf("%w: column %q: %w", ErrParquet, path, err)
		}
		p.rewind()
	}
	if !lz4 && !boolean {
		empty, err := p.any(isEmpty)
		if errors.Is(err, ErrUnsupported) {
			return fmt.Errorf("column %q: %w", path, err)
		}
		if err != nil || !empty {
			return nil // what is wrong is found by the library, when it reads
		}
		p.rewind()
	}
	start := o.offset
	first, dictionary, sizes := int64(0), int64(0), int64(0)
	for {
		header, body, err := p.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: column %q: %w", ErrParquet, path, err)
		}
		if lz4 || boolean || isEmpty(header) {
			if body, err = unpack(header, body, decompress); err != nil {
				return fmt.Errorf("%w: column %q: %w", ErrParquet, path, err)
			}
		}
		if boolean && runs(header) {
			if body, err = plainBooleans(header, body, l); err != nil {
				return fmt.Errorf("%w: column %q: %w", ErrParquet, path, err)
			}
		}
		text, err := thrift.Marshal(new(thrift.CompactProtocol), header)
		if err != nil {
			return err
		}
		at := o.offset
		if err := o.write(append(text, body...)); err != nil {
			return err
		}
		switch {
		case header.Type == format.DictionaryPage:
			dictionary = at
		case first == 0:
			first = at
		}
		sizes += int64(len(text)) + int64(header.UncompressedPageSize)
	}
	if lz4 || boolean {
		meta.Codec = format.Uncompressed
	}
	meta.DataPageOffset, meta.DictionaryPageOffset, meta.IndexPageOffset = first, dictionary, 0
	meta.TotalCompressedSize, meta.TotalUncompressedSize = o.offset-start, sizes
	meta.BloomFilterOffset, meta.BloomFilterLength = 0, 0
	c.FileOffset = 0
	return nil
}

// pages are the pages of a column.
type pages struct {
	in     io.ReaderAt
	first  int64 // where the first page begins, once it was read
	pos    int64 // of the next page
	end    int64 // of the file's pages
	values int64 // of the column
	read   int64 // values of the pages read so far
}

func (p *pages) rewind() { p.pos, p.read = p.first, 0 }

// header reads the header of the next page, and returns io.EOF behind the last.
func (p *pages) header() (*format.PageHeader, error) {
	if p.first == 0 {
		p.first = p.pos
	}
	if p.read >= p.values {
		return nil, io.EOF
	}
	if p.pos < 4 || p.pos >= p.end {
		return nil, fmt.Errorf("a page at byte %d is outside of the file", p.pos)
	}
	h, n, err := p.decode()
	if err != nil {
		return nil, fmt.Errorf("the page at byte %d: %w", p.pos, err)
	}
	p.pos += n
	if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || int64(h.CompressedPageSize) > p.end-p.pos {
		return nil, fmt.Errorf("the page at byte %d is longer than the file", p.pos)
	}
	if h.UncompressedPageSize > maxPage {
		return nil, fmt.Errorf("%w: a page has %d bytes, at most %d are read", ErrUnsupported, h.UncompressedPageSize, maxPage)
	}
	switch {
	case h.DataPageHeader.Valid:
		p.read += int64(h.DataPageHeader.V.NumValues)
	case h.DataPageHeaderV2.Valid:
		p.read += int64(h.DataPageHeaderV2.V.NumValues)
	}
	return h, nil
}

// decode decodes the header of the next page, and returns its length.
func (p *pages) decode() (*format.PageHeader, int64, error) {
	for room := int64(512); ; room *= 8 {
		room = min(room, p.end-p.pos)
		text := make([]byte, room)
		if _, err := p.in.ReadAt(text, p.pos); err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		r := new(thrift.CompactProtocol).NewReaderFromBytes(text)
		h := new(format.PageHeader)
		err := thrift.NewDecoder(r).Decode(h)
		if err == nil {
			return h, int64(r.BytesRead()), nil
		}
		if room == p.end-p.pos || room >= maxHeader {
			return nil, 0, err
		}
	}
}

// maxHeader is far above what a page's header takes.
const maxHeader = 16 << 20

// next reads a page.
func (p *pages) next() (*format.PageHeader, []byte, error) {
	h, err := p.header()
	if err != nil {
		return nil, nil, err
	}
	body := make([]byte, h.CompressedPageSize)
	if _, err := io.ReadFull(io.NewSectionReader(p.in, p.pos, int64(len(body))), body); err != nil {
		return nil, nil, err
	}
	p.pos += int64(len(body))
	return h, body, nil
}

// any reports whether one of the pages is such a page.
func (p *pages) any(is func(*format.PageHeader) bool) (bool, error) {
	for {
		h, err := p.header()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if is(h) {
			return true, nil
		}
		p.pos += int64(h.CompressedPageSize)
	}
}

// isEmpty reports whether a page of version 2 has nothing behind its levels,
// which is neither a compressed text nor one in most encodings.
func isEmpty(h *format.PageHeader) bool {
	return h.DataPageHeaderV2.Valid && h.CompressedPageSize == levels(h)
}

// levels is the length of what is never compressed in a page of version 2.
func levels(h *format.PageHeader) int32 {
	return h.DataPageHeaderV2.V.RepetitionLevelsByteLength + h.DataPageHeaderV2.V.DefinitionLevelsByteLength
}

// unpack is a page's content without compression, and says so in its header.
func unpack(h *format.PageHeader, body []byte, decompress codec) ([]byte, error) {
	kept := body[:0:0]
	packed := true
	if h.DataPageHeaderV2.Valid {
		n := levels(h)
		if n < 0 || int(n) > len(body) || n > h.UncompressedPageSize {
			return nil, fmt.Errorf("a page has %d bytes and levels of %d", len(body), n)
		}
		kept, body = body[:n:n], body[n:]
		v2 := &h.DataPageHeaderV2.V
		packed = len(body) > 0 && (!v2.IsCompressed.Valid || v2.IsCompressed.V)
		v2.IsCompressed = thrift.New(false)
		if len(body) == 0 {
			v2.Encoding = format.Plain
		}
	}
	if packed {
		size := int(h.UncompressedPageSize) - len(kept)
		plain, err := decompress(body, size)
		if err != nil {
			return nil, err
		}
		if len(plain) != size {
			return nil, fmt.Errorf("a page has %d bytes where its header says %d", len(plain), size)
		}
		body = plain
	}
	body = append(kept, body...)
	h.CompressedPageSize, h.UncompressedPageSize, h.CRC = int32(len(body)), int32(len(body)), 0
	return body, nil
}

// codec decompresses a page, of which the plain size is known.
type codec func(packed []byte, size int) ([]byte, error)

// codecs are the codecs that are read.
var codecs = map[format.CompressionCodec]codec{
	format.Uncompressed: func(packed []byte, _ int) ([]byte, error) { return packed, nil },
	format.Snappy:       library(format.Snappy),
	format.Gzip:         library(format.Gzip),
	format.Brotli:       library(format.Brotli),
	format.Zstd:         library(format.Zstd),
	format.Lz4:          lz4Hadoop,
	format.Lz4Raw:       lz4Block,
}

func library(c format.CompressionCodec) codec {
	return func(packed []byte, size int) ([]byte, error) {
		return parquet.LookupCompressionCodec(c).Decode(make([]byte, 0, size), packed)
	}
}
