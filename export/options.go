package export

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/galley-db/galley/internal/formats"
)

// Options are the settings of [Write]. The zero value writes all tables of a
// database as Parquet into the working folder.
type Options struct {
	// Dir is the folder for the files, which must exist ([MakeDir] makes it);
	// "" is the working folder.
	Dir string
	// Tables are what to write; none means all tables, as they are.
	Tables []Table
	// Format of the files.
	Format formats.Format
	// Existing says what becomes of files that already exist.
	Existing Existing
	// PartitionBy are columns by whose values the rows of a table are put into
	// folders, as Hive has it: TABLE/column=value/part-0.parquet. The files also
	// have the columns. A column of floats, blobs, vectors or JSON is a
	// *[PartitionError].
	PartitionBy []string
	// RowsPerFile is how many rows a file has at most, 0 for all; the files are
	// TABLE/part-0.parquet, TABLE/part-1.parquet and so on. Merge leaves each row
	// in its file, so a file can become longer.
	RowsPerFile int64
	// Clear removes the database once all of it is in files that were read
	// back; see [Write].
	Clear bool
	// CountDistinct are columns whose different combinations of values the
	// manifest counts, in each file that has all of them; none counts nothing. If
	// no table has them, Write returns a *[ColumnError]. It takes 16 bytes of memory
	// for each combination.
	CountDistinct []string
	// Perm are the permissions of the files, 0 means 0600.
	Perm fs.FileMode
	// TempDir is the folder for sorting the rows of an earlier file in a merge,
	// if the file is not in the order of the key, as a merge leaves it; ""
	// means the system's. It must be on a local disk.
	TempDir string
	// Waiting, unless nil, is called when Write begins to wait for another export
	// into the folder, with the process that runs it.
	Waiting func(holder string)
	// Progress, unless nil, is called repeatedly with the progress of a file.
	Progress func(Progress)

	// For tests: called before each step, and what changes the folder.
	step func(name string) error
	disk disk
}

// Existing says what becomes of a file that already exists.
type Existing uint8

// What becomes of a file that already exists.
const (
	// Refuse writes nothing where one of the files exists: ErrExists.
	Refuse Existing = iota
	// Merge adds the table's rows to those of the file, by key.
	Merge
	// Replace puts the new file in its place. What the old one had is gone.
	Replace
)

// ErrExists is returned by Write when a file exists and Options.Existing is
// Refuse. Nothing was written.
var ErrExists = errors.New("the file exists")

// Table is a table, and how it is written.
type Table struct {
	Name string
	// Where is SQL for the WHERE clause, "" for all rows; values belong into
	// Args.
	Where string
	Args  []any
	// Key are the columns by which rows are merged; none means the table's
	// key. The wide form has its index for that.
	Key []string
	// Wide, unless nil, asks for the wide form.
	Wide *Wide
}

// Progress is how far the writing of a file is.
type Progress struct {
	File  string
	Rows  int64
	Total int64 // of a table as it is; -1 where it is not known
}

// ErrPartial is returned by Write when Clear is set and not everything in the
// database would be written. Nothing was written.
var ErrPartial = errors.New("the files would not hold everything in the database")

// ErrNoClear is returned by Write when Clear is set and the backend is not a
// database file.
var ErrNoClear = errors.New("only a database file can be cleared")

// VerifyError says that a file, read back, was not what had been written. The
// database is as it was.
type VerifyError struct {
	File   string
	Reason string
	Err    error // nil where Reason says it all
}

// Error names the file.
func (e *VerifyError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s was read back and is damaged: %s: %v", e.File, e.Reason, e.Err)
	}
	return fmt.Sprintf("%s was read back and is damaged: %s", e.File, e.Reason)
}

// Unwrap returns the cause.
func (e *VerifyError) Unwrap() error { return e.Err }
