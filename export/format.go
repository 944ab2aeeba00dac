package export

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

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
	// is a quoted one. Times are RFC 3339, blobs base64, vectors JSON arrays,
	// durations nanoseconds.
	CSV
	// JSONLines is one JSON object a line. Times and blobs are as in CSV; NaN
	// and the infinities are the texts "NaN", "Infinity" and "-Infinity". A
	// JSON null in a column that may be NULL comes back as NULL, and JSON
	// comes back without its line ends.
	JSONLines
)

var formats = [...]struct{ name, extension string }{
	Parquet:   {"parquet", ".parquet"},
	CSV:       {"csv", ".csv"},
	JSONLines: {"jsonl", ".jsonl"},
}

// String is "parquet", "csv" or "jsonl".
func (f Format) String() string {
	if int(f) < len(formats) {
		return formats[f].name
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// ParseFormat is the inverse of Format.String. It returns an error that wraps
// ErrFormat for any other text.
func ParseFormat(name string) (Format, error) {
	for i, f := range formats {
		if f.name == name {
			return Format(i), nil
		}
	}
	return 0, fmt.Errorf("format %q is not known, want parquet, csv or jsonl: %w", name, ErrFormat)
}

// formatOf is the format that a file's name stands for.
func formatOf(path string) (Format, error) {
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
	return 0, fmt.Errorf("%s: its name ends in none of .parquet, .csv, .tsv, .jsonl and .ndjson; say which format it is: %w", path, ErrFormat)
}

// encoder writes chunks into a file.
type encoder interface {
	write(c *chunk) error
	// close writes what is left. It leaves the file open.
	close() error
}

// decoder reads a file in chunks, all of which are full but the last.
type decoder interface {
	schema() *schema.Schema
	// next fills c, and leaves it empty at the end of the file.
	next(c *chunk) error
	close() error
}

func (f Format) encoder(w io.Writer, s *schema.Schema, form string) (encoder, error) {
	switch f {
	case Parquet:
		return newParquetWriter(w, s, form)
	case CSV:
		return newCSVWriter(w, s)
	case JSONLines:
		return newJSONWriter(w, s), nil
	}
	return nil, fmt.Errorf("%v: %w", f, ErrFormat)
}

// decoder opens a file that galley wrote and whose columns are known.
func (f Format) decoder(path string, s *schema.Schema) (decoder, error) {
	if f == Parquet {
		return openParquet(path)
	}
	in, err := openText(path)
	if err != nil {
		return nil, err
	}
	d, err := f.textDecoder(in, s, textOptions{comma: ','})
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	return d, nil
}

// textDecoder takes in over, except when it fails.
func (f Format) textDecoder(in io.ReadCloser, s *schema.Schema, opts textOptions) (decoder, error) {
	if f == CSV {
		return newCSVReader(in, s, opts)
	}
	return newJSONReader(in, s, opts), nil
}

// textOptions are the settings of a decoder of text.
type textOptions struct {
	comma byte
	// bad is told of each row that cannot be read, which is left out then; its
	// error ends the reading. nil ends it at the first.
	bad func(line int64, text []byte, err error) error
}

// refuse deals with a row that cannot be read.
func (o *textOptions) refuse(line int64, text []byte, err error) error {
	if o.bad == nil {
		return fmt.Errorf("line %d: %w", line, err)
	}
	return o.bad(line, text, err)
}
