package load

import (
	"context"
	"errors"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// kept are the rows of a part that the table has not refused.
type kept struct {
	part *formats.Part
	rows []int // the indexes of those that are left, nil for all
}

func (k *kept) Len() int {
	if k.rows == nil {
		return k.part.Rows
	}
	return len(k.rows)
}

func (k *kept) Bind(i int, w schema.Writer) error { return k.part.Bind(k.index(i), w) }

// Fork returns the rows for one goroutine, as [store.Fork] says.
func (k *kept) Fork() store.Rows {
	return &forked{rows: k.part.Fork(), kept: k}
}

// forked are kept rows that one goroutine reads.
type forked struct {
	*kept
	rows store.Rows // of the part
}

func (f *forked) Bind(i int, w schema.Writer) error { return f.rows.Bind(f.index(i), w) }

// line returns the line of the row that an error names, and false if it names none.
func (k *kept) line(err error) (int64, bool) {
	var row *store.RowError
	if !errors.As(err, &row) || row.Row >= k.Len() {
		return 0, false
	}
	return k.part.Line(k.index(row.Row))
}

// index is the place of a row in the part.
func (k *kept) index(i int) int {
	if k.rows == nil {
		return i
	}
	return k.rows[i]
}

// leave leaves rows out. It returns their errors by their place in the part.
func (k *kept) leave(refused []*store.RowError) map[int]error {
	errs := make(map[int]error, len(refused))
	for _, r := range refused {
		errs[k.index(r.Row)] = r
	}
	rows := make([]int, 0, k.Len())
	for i := range k.Len() {
		if at := k.index(i); errs[at] == nil {
			rows = append(rows, at)
		}
	}
	k.rows = rows
	return errs
}

// refuse hands on rows that the table refuses, by their place in a part whose
// first row has this number among those of the file that can be read. It reads the
// file up to the last of them once more: a part does not hold the text of its rows.
func (l *loading) refuse(ctx context.Context, f *File, s *source, refused map[int]error, first int64) error {
	rejects := &rejectQueue{loading: l, file: f}
	errEnough := errors.New("no further row is needed")
	number := -first // of the next row, in the part
	opts := l.textOptions(s)
	opts.Bad = func(int64, []byte, error) error { return nil }
	opts.Taken = func(line int64, text func() []byte) error {
		at := int(number)
		number++
		err := refused[at]
		if err == nil {
			return nil
		}
		delete(refused, at)
		if err := rejects.add(line, text(), err); err != nil || len(refused) > 0 {
			return err
		}
		return errEnough
	}
	d, err := l.open(ctx, s, opts)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	c := cells.New(l.table)
	for err == nil {
		if err = ctx.Err(); err == nil {
			err = next(d, c)
		}
		if err == nil && c.Rows == 0 {
			err = ErrSourceChanged
		}
	}
	if !errors.Is(err, errEnough) {
		return err
	}
	if err := s.unchanged(); err != nil {
		return err
	}
	return rejects.hand()
}
