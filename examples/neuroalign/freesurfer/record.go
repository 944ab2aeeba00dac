package freesurfer

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// record is one row of a statistics file. Columns are found by name, wherever
// the file puts them. The first value that is not what was asked for is
// remembered in err.
type record struct {
	in     *lines
	at     map[string]int // column to its place
	fields []string
	err    error
}

// text returns a column as it is written.
func (r *record) text(column string) string { return r.fields[r.at[column]] }

// count returns a column that holds a whole number, 0 or more.
func (r *record) count(column string) int64 {
	v, err := natural(r.text(column))
	r.refuse(err, column, "a whole number, 0 or more")
	return int64(v)
}

// has reports whether the file has a column.
func (r *record) has(column string) bool {
	_, ok := r.at[column]
	return ok
}

// ratio returns a column that holds a number, or NaN where FreeSurfer divided
// by zero, or where the file has no such column.
func (r *record) ratio(column string) float64 {
	if !r.has(column) || strings.Trim(strings.ToLower(r.text(column)), "+-") == "nan" {
		return math.NaN()
	}
	return r.number(column)
}

// number returns a column that holds a finite number.
func (r *record) number(column string) float64 {
	v, err := number(r.text(column))
	r.refuse(err, column, "a finite number")
	return v
}

func (r *record) refuse(err error, column, want string) {
	if err != nil && r.err == nil {
		r.err = r.in.fail(fmt.Sprintf("%q in column %s", r.text(column), column), want)
	}
}

// readRows makes a T of each row of a file that has at least the columns of
// want, one of which is StructName. Each structure stands in one row.
func readRows[T any](in *lines, h *header, want []string, make func(*record) T) ([]T, error) {
	rec := &record{in: in, at: map[string]int{}}
	for i, name := range h.columns {
		rec.at[name] = i
	}
	for _, name := range want {
		if _, ok := rec.at[name]; !ok {
			return nil, &ParseError{File: in.file, Line: h.line,
				Got: "the columns " + strings.Join(h.columns, " "), Want: "a column " + name + " too"}
		}
	}

	var rows []T
	seen := map[string]int{} // structure to its line
	for line := h.first; ; {
		if body := strings.TrimSpace(line); body != "" && body[0] != '#' {
			rec.fields = strings.Fields(body)
			if len(rec.fields) != len(h.columns) {
				return nil, in.fail(counted(len(rec.fields), "value"), fmt.Sprintf("%d, one for each column", len(h.columns)))
			}
			name := rec.text("StructName")
			if first, twice := seen[name]; twice {
				return nil, in.fail("the structure "+name+" again", fmt.Sprintf("only that in line %d", first))
			}
			seen[name] = in.n
			row := make(rec)
			if rec.err != nil {
				return nil, rec.err
			}
			rows = append(rows, row)
		}
		next, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line = next
	}
	if len(rows) == 0 {
		return nil, in.fail("no rows", "at least one below '# ColHeaders'")
	}
	if h.count >= 0 && h.count != len(rows) {
		return nil, &ParseError{File: in.file, Line: h.rowsLine,
			Got: fmt.Sprintf("NRows %d above %s", h.count, counted(len(rows), "row")), Want: "the same number"}
	}
	return rows, nil
}
