package load

import (
	"errors"
	"fmt"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
)

// LoadOptions are the settings of [Load].
type Options struct {
	// Table that the rows go into. It is made where there is none.
	Table string
	// Sources are files and patterns of files, as filepath.Match has them.
	// Text may be packed by gzip or zstd.
	Sources []string
	// Format of the sources, as ParseFormat knows them; "" goes by each
	// file's name.
	Format string
	// Comma separates the fields of CSV; 0 is a comma, and a tab in files
	// named .tsv.
	Comma byte
	// Schema of a table that is to be made; nil infers it from all sources.
	Schema *schema.Schema
	// Workers is the number of files that are read at once, 0 means 1.
	Workers int
	// Reject, unless nil, is given each row that cannot be read, which is
	// left out then, and ends the import by its error; it is called by one
	// goroutine at a time. Rows that break a constraint of the table go into
	// the database's TABLE_rejected. nil fails the file of such a row, whole.
	Reject func(BadRow) error
	// PartRows is the number of rows up to which a file is one transaction,
	// 0 means 50,000. A longer file is stored in parts of so many rows, each
	// under a key of its own, when all of it has been read once and found to
	// be good. Tables with constraints get no parts: their files are one
	// transaction each, and as much memory is needed.
	PartRows int
	// Key makes the batch key of a file out of its path; nil takes the path
	// as given, with slashes.
	Key func(path string) string
	// Retrier decides when a batch is tried again while another process
	// writes; nil takes backoff.Exponential{}.
	Retrier backoff.Retrier
	// Progress, unless nil, is called by one goroutine at a time.
	Progress func(Progress)
}

// LoadProgress is how far an import is.
type Progress struct {
	Files, TotalFiles int
	Looked            int64 // rows whose types were looked at, where the table is made
	Rows              int64 // stored
	Bytes, TotalBytes int64 // of the files that are done
}

// Loaded says what became of each file, in the order of the sources.
type Report struct {
	Table string
	Files []File
}

// LoadedFile says what became of a file.
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
