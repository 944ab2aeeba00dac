// Package repack makes Parquet files readable whose pages the Parquet library
// reads wrong or not at all: pages compressed by LZ4, of which the library
// returns zeros or another page's bytes
// (https://github.com/parquet-go/parquet-go/issues/608), compressed pages of
// version 2 that hold nothing but NULL, and booleans in the run-length encoding, of
// which the library reads seven of eight as false. Their columns are written without
// compression into a temporary file, and the rest is read from the file itself.
package repack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/galley-db/galley/internal/spill"
)

// ErrParquet is returned for a file that is not Parquet, or a damaged one.
var ErrParquet = errors.New("not a Parquet file, or a damaged one")

// ErrUnsupported is returned for a file that is encrypted, or compressed by a
// codec that cannot be read.
var ErrUnsupported = errors.New("the Parquet file cannot be read")

const (
	magic     = "PAR1"
	encrypted = "PARE"
	// maxFooter is far above what a footer takes.
	maxFooter = 1 << 30
)

// File is a Parquet file that the library reads.
type File struct {
	io.ReaderAt
	Size int64
	temp *os.File // nil where nothing was rewritten
}

// Close removes the temporary file.
func (f *File) Close() error {
	if f.temp == nil {
		return nil
	}
	return spill.Remove(f.temp)
}

// Open looks at the pages of a file of size bytes, and rewrites the columns
// that need it.
func Open(in io.ReaderAt, size int64) (*File, error) {
	meta, start, err := footer(in, size)
	if err != nil {
		return nil, err
	}
	o := &output{in: in, offset: start}
	// The library's own files have no pages that need to be looked for.
	suspect := !strings.HasPrefix(meta.CreatedBy, "github.com/parquet-go/parquet-go")
	columns := levelsOf(meta.Schema)
	for i := range meta.RowGroups {
		if n := len(meta.RowGroups[i].Columns); n > len(columns) {
			return nil, errors.Join(fmt.Errorf("%w: a row group has %d columns, and the schema %d", ErrParquet, n, len(columns)), o.close())
		}
		for k := range meta.RowGroups[i].Columns {
			if err := o.column(&meta.RowGroups[i].Columns[k], columns[k], start, suspect); err != nil {
				return nil, errors.Join(err, o.close())
			}
		}
	}
	if o.temp == nil {
		return &File{ReaderAt: in, Size: size}, nil
	}
	for i := range meta.RowGroups { // the index is of the pages as they were
		for k := range meta.RowGroups[i].Columns {
			c := &meta.RowGroups[i].Columns[k]
			c.OffsetIndexOffset, c.OffsetIndexLength, c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0, 0, 0
		}
	}
	end, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err == nil {
		end = binary.LittleEndian.AppendUint32(end, uint32(len(end)))
		err = o.write(append(end, magic...))
	}
	if err != nil {
		return nil, errors.Join(err, o.close())
	}
	return &File{ReaderAt: &joined{in, o.temp, start}, Size: o.offset, temp: o.temp}, nil
}

// footer reads a file's metadata, and says where they begin.
func footer(in io.ReaderAt, size int64) (*format.FileMetaData, int64, error) {
	if size < int64(2*len(magic)+4) {
		return nil, 0, fmt.Errorf("%w: it has %d bytes", ErrParquet, size)
	}
	var tail [8]byte
	if _, err := in.ReadAt(tail[:], size-8); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	switch string(tail[4:]) {
	case magic:
	case encrypted:
		return nil, 0, fmt.Errorf("%w: it is encrypted", ErrUnsupported)
	default:
		return nil, 0, fmt.Errorf("%w: it does not end in PAR1, as a whole file does", ErrParquet)
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if length > size-12 || length > maxFooter {
		return nil, 0, fmt.Errorf("%w: its footer is longer than the file", ErrParquet)
	}
	text := make([]byte, length)
	if _, err := in.ReadAt(text, size-8-length); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	meta := new(format.FileMetaData)
	if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReaderFromBytes(text)).Decode(meta); err != nil {
		return nil, 0, fmt.Errorf("%w: its footer: %w", ErrParquet, err)
	}
	if meta.EncryptionAlgorithm.Value != nil {
		return nil, 0, fmt.Errorf("%w: columns of it are encrypted", ErrUnsupported)
	}
	return meta, size - 8 - length, nil
}

// joined is a file up to an offset, and another one from there on.
type joined struct {
	first, second io.ReaderAt
	at            int64
}

func (j *joined) ReadAt(p []byte, off int64) (n int, err error) {
	if off < j.at {
		part := p[:min(int64(len(p)), j.at-off)]
		if n, err = j.first.ReadAt(part, off); n < len(part) {
			return n, err
		}
	}
	if n == len(p) {
		return n, nil
	}
	more, err := j.second.ReadAt(p[n:], off+int64(n)-j.at)
	return n + more, err
}

// output is the temporary file.
type output struct {
	in     io.ReaderAt
	temp   *os.File // made when it is needed
	offset int64    // of what is written next, in the joined file
}

func (o *output) write(b []byte) error {
	if o.temp == nil {
		f, err := spill.Create("")
		if err != nil {
			return err
		}
		o.temp = f
	}
	n, err := o.temp.Write(b)
	o.offset += int64(n)
	return err
}

func (o *output) close() error {
	if o.temp == nil {
		return nil
	}
	return spill.Remove(o.temp)
}
