package table

import (
	"errors"
	"fmt"
)

// WriteError is the error for rows of a Writer that are not stored, or, if Err
// is ErrCommitUnknown, may not be: N rows, starting with the row that was
// written as number First, counted from 0. A *[RowError] in Err counts
// likewise, from the Writer's first row.
type WriteError struct {
	Table string
	First int64
	N     int
	Err   error
}

// Error returns the rows and the cause.
func (e *WriteError) Error() string {
	what := "are not stored"
	var unwritten *unwrittenError
	if errors.As(e.Err, &unwritten) {
		what = "were not written" // an earlier run may have stored them
	} else if errors.Is(e.Err, ErrCommitUnknown) {
		what = "may not be stored"
	}
	return fmt.Sprintf("table %q: rows %d to %d %s: %v", e.Table, e.First, e.First+int64(e.N)-1, what, e.Err)
}

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// maxErrors is the number of errors that a Writer keeps.
const maxErrors = 100

// MoreErrors counts the errors of a Writer beyond the first ones, which it keeps
// no longer. WriterOptions.OnError is called for each.
type MoreErrors struct {
	Table  string
	Errors int
	Rows   int64 // of these errors, that are not stored or may not be
}

// Error returns the numbers.
func (e *MoreErrors) Error() string {
	return fmt.Sprintf("table %q: %d more errors, of %d rows", e.Table, e.Errors, e.Rows)
}

// failures are the errors of a Writer, of which it keeps a bounded number.
type failures struct {
	table   string
	first   kept // for Close
	recent  kept // for Flush
	told    int  // errors that a Flush has returned
	waiting int  // Flushes that run
}

// kept is a run of errors, and the number of those behind them.
type kept struct {
	from int // number of the first, from 0
	errs []*WriteError
	more MoreErrors
}

func (k *kept) add(e *WriteError) {
	if len(k.errs) < maxErrors {
		k.errs = append(k.errs, e)
		return
	}
	k.more.Errors++
	k.more.Rows += int64(e.N)
}

// end is the number of the error that comes next.
func (k *kept) end() int { return k.from + len(k.errs) + k.more.Errors }

// since returns the errors from a number on.
func (k *kept) since(number int, table string) (errs []error) {
	for i, e := range k.errs {
		if k.from+i >= number {
			errs = append(errs, e)
		}
	}
	if k.more.Errors > 0 && k.end() > number {
		more := k.more
		more.Table = table
		errs = append(errs, &more)
	}
	return errs
}

func (f *failures) add(e *WriteError) {
	f.first.add(e)
	f.recent.add(e)
}

// all returns the errors of the Writer's life.
func (f *failures) all() []error { return f.first.since(0, f.table) }

// begin is called by a Flush, which returns the errors from this number on.
func (f *failures) begin() (told int) {
	f.waiting++
	return f.told
}

// report returns the errors that a Flush has to return. They are forgotten when no
// other Flush runs that began before them.
func (f *failures) report(since int) []error {
	errs := f.recent.since(since, f.table)
	f.told = f.recent.end()
	if f.waiting--; f.waiting == 0 {
		f.recent = kept{from: f.told}
	}
	return errs
}

// untold is the number of rows in errors that no Flush has returned.
func (f *failures) untold() (rows int64) {
	if f.recent.end() == f.told {
		return 0
	}
	for i, e := range f.recent.errs {
		if f.recent.from+i >= f.told {
			rows += int64(e.N)
		}
	}
	return rows + f.recent.more.Rows
}
