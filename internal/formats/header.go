package formats

import (
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

// HeaderError says how the columns of a file differ from the table's.
type HeaderError struct {
	Table   string
	Unknown []string // columns of the file that the table has not
	Folders []string // columns that the table has not, and their values, as the folders above the file say: p=1
	Missing []string // columns of the table without NULL that the file has not
	Twice   []string // columns that the file has more than once
}

func (e *HeaderError) any() bool {
	return len(e.Unknown)+len(e.Folders)+len(e.Missing)+len(e.Twice) > 0
}

// Error names the columns.
func (e *HeaderError) Error() string {
	var parts []string
	for _, p := range []struct {
		what  string
		names []string
	}{
		{"has columns that the table lacks: ", e.Unknown},
		{"is in folders that stand for columns which the table lacks; let import add them, or name the file by a path from within them: ", e.Folders},
		{"lacks columns that cannot be NULL: ", e.Missing},
		{"repeats columns: ", e.Twice},
	} {
		if len(p.names) > 0 {
			parts = append(parts, p.what+strings.Join(p.names, ", "))
		}
	}
	return fmt.Sprintf("the file does not fit table %q: it %s", e.Table, strings.Join(parts, "; it "))
}

// match finds the columns of a table among those of a file: which of the
// file's each is, -1 for one that the file does not have, and the text that
// such a column has in every row, nil for NULL. It returns a *HeaderError where
// they do not fit.
func match(header []string, s *schema.Schema, opts TextOptions) (from []int, fixed []*string, err error) {
	from, fixed = make([]int, len(s.Columns())), make([]*string, len(s.Columns()))
	for i := range from {
		from[i] = -1
	}
	wrong := &HeaderError{Table: s.Name()}
	for field, name := range header {
		i, ok := s.Column(name)
		switch {
		case !ok:
			wrong.Unknown = append(wrong.Unknown, name)
		case from[i] >= 0:
			wrong.Twice = append(wrong.Twice, name)
		default:
			from[i] = field
		}
	}
	for _, name := range opts.PartitionNames() {
		text := opts.Partitions[name]
		switch i, ok := s.Column(name); {
		case !ok:
			wrong.Folders = append(wrong.Folders, name+"="+text)
		case from[i] < 0:
			fixed[i] = &text
		}
	}
	for i, c := range s.Columns() {
		if c.Batch && opts.Batch != nil && (from[i] >= 0 || fixed[i] != nil) {
			opts.Batch()
		}
		if from[i] < 0 && fixed[i] == nil && !c.Nullable && !c.Batch {
			wrong.Missing = append(wrong.Missing, c.Name)
		}
	}
	if wrong.any() {
		return from, fixed, wrong
	}
	return from, fixed, nil
}
