package export

import "github.com/galley-db/galley/internal/formats"

// Format is a kind of file.
type Format = formats.Format

// The formats. All keep every value exactly; Parquet and the manifest also
// keep the types.
const (
	// Parquet is compressed by zstd, with galley's types in its metadata.
	Parquet = formats.Parquet
	// CSV is RFC 4180 with a header. NULL is an empty field, and an empty text
	// is a quoted one. Times are RFC 3339, blobs base64, vectors JSON arrays,
	// durations nanoseconds.
	CSV = formats.CSV
	// JSONLines is one JSON object a line. Times and blobs are as in CSV; NaN
	// and the infinities are the texts "NaN", "Infinity" and "-Infinity". A
	// JSON null in a column that may be NULL comes back as NULL, and JSON
	// comes back without its line ends.
	JSONLines = formats.JSONLines
)

// ErrFormat is returned when a file is not of the format that it should have,
// was damaged, or holds values that a table cannot.
var ErrFormat = formats.ErrFormat

// ParseFormat is the inverse of Format.String. It returns an error that wraps
// ErrFormat for any other text.
func ParseFormat(name string) (Format, error) { return formats.ParseFormat(name) }
