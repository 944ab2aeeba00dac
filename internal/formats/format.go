package formats

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// Format is a kind of file.
type Format uint8

// The formats. All keep every value exactly; Parquet and the manifest also
// keep the types.
const (
	// Parquet is compressed by zstd, with galley's types in its metadata.
	Parquet Format = iota
	// CSV is RFC 4180 with a header. NULL is an empty field, and an empty text
	// is a quoted one. In a file of one column, where an empty field would be an
	// empty line, NULL is a quoted one, and an empty text is refused if the column
	// may be NULL. Times are RFC 3339, blobs base64, vectors JSON arrays,
	// durations nanoseconds.
	CSV
	// JSONLines is one JSON object a line. Times and blobs are as in CSV; NaN
	// and the infinities are the texts "NaN", "Infinity" and "-Infinity". A
	// JSON null in a column that may be NULL comes back as NULL, and JSON
	// comes back without its line ends.
	JSONLines
)

var names = [...]struct{ name, extension string }{
	Parquet:   {"parquet", ".parquet"},
	CSV:       {"csv", ".csv"},
	JSONLines: {"jsonl", ".jsonl"},
}

// String is "parquet", "csv" or "jsonl".
func (f Format) String() string {
	if int(f) < len(names) {
		return names[f].name
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// Extension is the end of the names of such files, as ".csv".
func (f Format) Extension() string { return names[f].extension }

// ParseFormat is the inverse of Format.String. It returns an error that wraps
// ErrFormat for any other text.
func ParseFormat(name string) (Format, error) {
	for i, f := range names {
		if f.name == name {
			return Format(i), nil
		}
	}
	return 0, fmt.Errorf("format %q is not known, want parquet, csv or jsonl: %w", name, ErrFormat)
}

// formatOf is the format that a file's name stands for.
func Of(path string) (Format, error) {
	name := strings.ToLower(filepath.Base(path))
	for _, packed := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, packed)
	}
	switch filepath.Ext(name) {
	case ".parquet", ".pq":
		return Parquet, nil
	case ".csv", ".tsv":
		return CSV, nil
	case ".jsonl", ".ndjson", ".json":
		return JSONLines, nil
	}
	return 0, fmt.Errorf("%s: its name does not end in .parquet, .csv, .tsv, .jsonl or .ndjson; give its format: %w", path, ErrFormat)
}

// encoder writes chunks into a file.
type Encoder interface {
	Write(c *cells.Chunk) error
	// close writes what is left. It leaves the file open.
	Close() error
}

// Decoder reads a file in chunks.
type Decoder interface {
	Schema() *schema.Schema
	// next fills c, and leaves it empty at the end of the file.
	Next(c *cells.Chunk) error
	Close() error
}

func (f Format) Encoder(w io.Writer, s *schema.Schema, form string) (Encoder, error) {
	switch f {
	case Parquet:
		return NewParquetWriter(w, s, form)
	case CSV:
		return newCSVWriter(w, s)
	case JSONLines:
		return newJSONWriter(w, s), nil
	}
	return nil, fmt.Errorf("%v: %w", f, ErrFormat)
}

// decoder opens a file that galley wrote and whose columns are known.
func (f Format) Decoder(path string, s *schema.Schema) (Decoder, error) {
	if f == Parquet {
		return OpenParquet(path)
	}
	in, err := OpenText(path)
	if err != nil {
		return nil, err
	}
	d, err := f.TextDecoder(in, s, TextOptions{Comma: ','})
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	return d, nil
}

// textDecoder takes in over, except when it fails.
func (f Format) TextDecoder(in io.ReadCloser, s *schema.Schema, opts TextOptions) (Decoder, error) {
	if f == CSV {
		return newCSVReader(in, s, opts)
	}
	return newJSONReader(in, s, opts)
}

// TextOptions are the settings of a decoder.
type TextOptions struct {
	Table    string
	Comma    byte
	NoHeader bool              // CSV has no line of column names
	Rename   map[string]string // the table's names of columns
	Nulls    []string          // texts that stand for NULL, besides an empty one
	// Partitions are columns that the file does not have, with the text that
	// each row has in them.
	Partitions map[string]string
	// Batch, unless nil, is called if the source has values for the table's batch
	// column, into which the store writes the key of the batch.
	Batch func()
	// Bad is called with each row that cannot be read, which is left out then; its
	// error ends the reading. nil ends it at the first.
	Bad func(line int64, text []byte, err error) error
	// Taken, unless nil, is called with each row that was read; text returns it as
	// it stands in the file, valid during the call only. Its error ends the reading.
	Taken func(line int64, text func() []byte) error
}

// refuse deals with a row that cannot be read.
func (o *TextOptions) Refuse(line int64, text []byte, err error) error {
	if o.Bad == nil {
		return fmt.Errorf("line %d: %w", line, err)
	}
	return o.Bad(line, text, err)
}
