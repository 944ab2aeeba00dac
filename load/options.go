package load

import (
	"errors"
	"fmt"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
)

// Options are the settings of [Load].
type Options struct {
	// Table is the table for the rows. It is created if it is missing.
	Table string
	// Sources are files and patterns of files, as for filepath.Match. Text may
	// be compressed with gzip or zstd.
	Sources []string
	// Format of the sources, as for ParseFormat; "" means by each file's
	// name.
	Format string
	// Comma separates the fields of CSV; 0 means a comma, and a tab in files
	// named .tsv.
	Comma byte
	// Schema of a new table; nil infers it from all sources.
	Schema *schema.Schema
	// Workers is the number of files that are read at the same time; 0 means 1.
	Workers int
	// Reject, unless nil, is called for each row that cannot be read, by one
	// goroutine at a time. The row is then skipped; an error of Reject ends the
	// import. Rows that break a constraint of the table go into TABLE_rejected.
	// If Reject is nil, such a row fails its whole file.
	Reject func(BadRow) error
	// PartRows is the number of rows up to which a file is one transaction; 0
	// means 50,000. A longer file is first read once and checked, and then
	// stored in parts of that many rows, each under its own key. A table with
	// constraints has no parts: each of its files is one transaction, and needs
	// as much memory.
	PartRows int
	// Key returns the batch key of a file for its path; nil means the path as
	// given, with slashes.
	Key func(path string) string
	// Retrier decides when a batch is tried again while another process
	// writes; nil takes backoff.Exponential{}.
	Retrier backoff.Retrier
	// Progress, unless nil, is called by one goroutine at a time.
	Progress func(Progress)
}

// Progress is the progress of an import.
type Progress struct {
	Files, TotalFiles int
	Looked            int64 // rows whose types were looked at, where the table is made
	Rows              int64 // stored
	Bytes, TotalBytes int64 // of the files that are done
}

// Report is the result of an import: one File for each source, in their order.
type Report struct {
	Table string
	Files []File
}

// File is the result for one source.
type File struct {
	Path     string
	Key      string
	Applied  bool  // false: it failed, or it was stored before
	Rows     int64 // stored
	Rejected int64 // left out
	Bad      []BadRow
	BadRows  int64 // of which Bad are the first 20
	Err      error
}

// Rows is the number of rows stored.
func (l *Report) Rows() (n int64) {
	for i := range l.Files {
		n += l.Files[i].Rows
	}
	return n
}

// Failed is the number of files that failed.
func (l *Report) Failed() (n int) {
	for i := range l.Files {
		if l.Files[i].Err != nil {
			n++
		}
	}
	return n
}

// BadRow is a row of a file that cannot be stored.
type BadRow struct {
	File string
	Line int64  // from 1; of Parquet, the row
	Text string // the line, cut after 1,000 bytes; "" for Parquet
	Err  error
}

// Error names file, line and cause.
func (b BadRow) Error() string { return fmt.Sprintf("%s:%d: %v", b.File, b.Line, b.Err) }

// Unwrap returns the cause.
func (b BadRow) Unwrap() error { return b.Err }

var (
	// ErrBadRows is returned for a file with rows that cannot be read. None
	// of its rows is stored.
	ErrBadRows = errors.New("rows cannot be read; nothing of the file is stored")
	// ErrNoSource is returned when a pattern matches no file.
	ErrNoSource = errors.New("there is no such file")
	// ErrSourceChanged is returned for a file of which parts were stored
	// before an interruption, and which is another one since.
	ErrSourceChanged = errors.New("parts of the file are stored, and it has changed since")
)
