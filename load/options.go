package load

import (
	"errors"
	"fmt"
	"io"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// Options are the settings of [Load].
type Options struct {
	// Table that the rows go into. It is created where there is none.
	Table string
	// Sources are files and patterns of files, as filepath.Match has them, and
	// "-" for Stdin. Text may be packed by gzip or zstd. A pipe or a device is
	// copied to a temporary file first. Folders called name=value above a file
	// give a new table a column of that name, as Hive has it, unless the file has
	// the column itself. A table that exists must have it, or Evolve adds it. Two
	// folders with two values of one column are an error.
	Sources []string
	// Files are what to read for sources that are not files themselves, by the name
	// of the source: a path, a colon, and what was read of the file there. The key of
	// such a source has the name, and the size and checksum of the file in Files.
	Files map[string]string
	// Stdin is what "-" among the sources stands for.
	Stdin io.Reader
	// Format of the sources, as ParseFormat reads it; "" goes by each file's
	// name, and by the first bytes of Stdin and of pipes.
	Format string
	// Comma separates the fields of CSV; 0 is a comma, and a tab in files
	// named .tsv.
	Comma byte
	// NoHeader says that CSV has no line of column names. The columns are
	// called column_1, column_2 and so on, unless Columns renames them.
	NoHeader bool
	// Columns are the table's names for columns of the files.
	Columns map[string]string
	// Nulls are texts of CSV that stand for NULL, besides an empty field. In a
	// column of text, a field in quotes is never NULL.
	Nulls []string
	// Schema of a table that Load creates; nil infers it from all sources.
	Schema *schema.Schema
	// Types of columns, by name in lower case, that are not inferred.
	Types map[string]schema.Column
	// BatchColumn, unless "", is the name of a further column of a table that
	// Load creates: it holds the key of the batch that a row came with, so
	// that Replace and Backend.Forget find the rows of a file.
	BatchColumn string
	// Evolve adds the columns of the sources that the table does not have.
	Evolve bool
	// Mode says what becomes of a row whose key is in the table.
	Mode schema.Mode
	// Replace removes what was stored of another content of the same file, or
	// under the key that Key returns for it, and stores the file, in one
	// transaction: a reader sees the old rows or the new ones, and after an
	// error or a crash the old ones remain. A file that replaces rows is never
	// stored in parts, and memory for all of its rows is needed. The table must
	// have a batch column.
	Replace bool
	// Workers is the number of files that are read at once, 0 means 1.
	Workers int
	// Reject, unless nil, is called with each row that cannot be read, or that
	// the table refuses because of a constraint. The row is left out, and the
	// others are stored. It is called before the rest of the file is stored, by
	// one goroutine at a time; its error ends the import. When the import is
	// repeated after an interruption, it may be called again with the same row.
	// nil fails the whole file of such a row.
	Reject func(BadRow) error
	// SyncRejects, unless nil, is called when all rows of a file, or of a part of
	// it, were given to Reject and before the others are stored. It makes the
	// rejected rows survive whatever the stored ones survive; its error ends the
	// import.
	SyncRejects func() error
	// PartRows is the number of rows up to which a file is one transaction. A
	// longer file is stored in parts of so many rows, each under a key of its
	// own, when all of it has been read once and found to be good. 0 stores a
	// file whole up to 512 MiB of values. Files for tables with constraints are
	// one transaction each. Until a file is stored, 4 MiB of its values are in
	// memory, and the others in a temporary file (TMPDIR).
	PartRows int
	// Base is the folder that keys name files from, so that a database and its
	// files can be moved together; "" names files by their whole path.
	Base string
	// Key returns the batch key of a file, which is stored once under it
	// whatever its content is. nil makes a key of the resolved path, the size
	// and a checksum of the content: the same content again is skipped, and
	// another content of the same file is ErrSourceDiffers.
	Key func(path string) string
	// Retrier decides when a batch is tried again while another process
	// writes; nil takes backoff.Exponential{}.
	Retrier backoff.Retrier
	// Progress, unless nil, is called by one goroutine at a time.
	Progress func(Progress)
}

// Progress is how far an import is.
type Progress struct {
	Files, TotalFiles int
	Looked            int64 // rows whose types were looked at, where the table is new
	Rows              int64 // stored
	Bytes, TotalBytes int64 // of the files that are done
}

// Report says what became of each file, in the order of the sources.
type Report struct {
	Table    string
	Files    []File
	Inferred []InferredColumn // of a table that Load has created, or those that Evolve added
	Evolved  bool             // the table existed, and Evolve was set
}

// File says what became of a file.
type File struct {
	Path     string
	Key      string
	Applied  bool   // false: it failed, or it was stored before
	Note     string // why it was skipped, or which of its values are not stored
	Rows     int64  // stored
	Changed  int64  // by Upsert: rows of the table with new values
	Left     int64  // by Upsert and Ignore: rows of the table that stayed as they were
	Removed  int64  // by Replace
	Parts    int    // in which it is stored, where it is not whole
	Rejected int64  // left out
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
	Key  string // of the file's batch
	Line int64  // from 1; of Parquet, the row
	Text string // the row as it stands in the file; of Parquet, as JSON; in File.Bad, at most its first 1,000 bytes
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
	// ErrFormat is in the chain of an error for a file that is not of the format
	// that it should have, or of none that Load reads.
	ErrFormat = formats.ErrFormat
	// ErrNoSource is returned when a pattern matches no file.
	ErrNoSource = errors.New("the file does not exist")
	// ErrFolder is returned when a source is a folder.
	ErrFolder = errors.New("it is a folder")
	// ErrNoName is returned for a pipe or device that must replace its earlier
	// content, which no path leads to.
	ErrNoName = errors.New("input from a pipe has no path, so galley cannot find its earlier content")
	// ErrOtherParts is returned for a long file of which an import that was
	// interrupted has stored parts of another size, with other options or by an older
	// version of galley. Nothing more is stored.
	ErrOtherParts = errors.New("the stored parts of the file end with other rows; repeat the import with its original options, or import with Replace to store the file from scratch")
	// ErrAtOnce is returned for a file that another import stores at the same time,
	// in other parts or with another content. Nothing more of it is stored.
	ErrAtOnce = errors.New("another import of the file runs at the same time; run this import again when the other has ended")
	// ErrSourceDiffers is returned for a file whose earlier content is stored.
	ErrSourceDiffers = errors.New("the file is stored with other content")
)
