package load

import (
	"errors"
	"fmt"
	"strings"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// rowError is the error for a row in the words of a file and a table. The chain has
// the error that it stands for.
type rowError struct {
	text string
	err  error
}

func (e *rowError) Error() string { return e.text }
func (e *rowError) Unwrap() error { return e.err }

// advice is what an import says instead of an error that names the tag of a struct to
// its author: an import has no struct.
var advice = []struct {
	err  error
	says string
}{
	{schema.ErrNull, "it is empty or NULL, and the column does not allow NULL"},
	{schema.ErrNaN, "it is NaN, and the column has no NaN; leave the value empty, if the column allows NULL"},
	{schema.ErrText, "it is not valid UTF-8 or has a NUL; import it into a column of bytes (blob)"},
	{schema.ErrJSON, "it is not JSON that the column can hold; import it into a column of text"},
	{schema.ErrTimeRange, "the time is out of the range of the column; import it into a column with a coarser unit (time:us, time:ms or time:s)"},
	{schema.ErrUintRange, "the number is above 9223372036854775807; import it into a column of the type uint64 or text"},
}

// inWords returns the error for a row of a file. It names the column and the value,
// and not the place that the row had in a batch.
func inWords(err error) error {
	cause := err
	var row *store.RowError
	if errors.As(err, &row) {
		cause = row.Err
	}
	text := cause.Error()
	var value *schema.ValueError
	if row != nil && row.Column != "" && !errors.As(cause, &value) {
		text = fmt.Sprintf("column %q: %s", row.Column, text)
	}
	for _, a := range advice {
		if errors.Is(cause, a.err) {
			text = strings.Replace(text, a.err.Error(), a.says, 1)
		}
	}
	return &rowError{text, err}
}

// next reads a chunk. An error that blames a value is in the words of an import.
func next(d formats.Decoder, c *cells.Chunk) error {
	err := d.Next(c)
	var value *schema.ValueError
	if errors.As(err, &value) {
		return inWords(err)
	}
	return err
}
