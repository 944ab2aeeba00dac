package sqlite

import (
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
)

// retyped is a column that had another type until a moment.
type retyped struct {
	column string
	at     int64          // microseconds since 1970
	have   *schema.Column // what it was, nil if that is not known
}

// retypes returns the changes of the types of a table's columns, the oldest first. A
// column that was dropped may have come back with another type.
func (w *writer) retypes(s *schema.Schema) (found []retyped, err error) {
	st, _, err := w.conn.Prepare(`SELECT at, changes FROM galley_history WHERE "table" = ? ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if err := st.BindText(1, s.Name()); err != nil {
		return nil, err
	}
	for st.Step() {
		for line := range strings.SplitSeq(st.ColumnText(1), "\n") {
			for _, c := range s.Columns() {
				if spec, ok := former(line, c.Name); ok {
					r := retyped{column: c.Name, at: st.ColumnInt64(0)}
					if have, err := schema.ParseSpec(c.Name, spec); err == nil {
						r.have = &have
					}
					found = append(found, r)
				}
			}
		}
	}
	return found, st.Err()
}

// former returns what a line of a table's history says that a column was.
func former(line, column string) (spec string, ok bool) {
	for kind, end := range map[schema.ChangeKind]string{schema.Narrowed: ", want ", schema.Widened: ", want ", schema.Dropped: " ("} {
		if rest, ok := strings.CutPrefix(line, kind.String()+" "+strconv.Quote(column)+": have "); ok {
			if at := strings.LastIndex(rest, end); at >= 0 {
				return rest[:at], true
			}
			return "", true
		}
	}
	return "", false
}

// otherForm returns the columns whose values in a row that was put in quarantine at a
// moment do not mean the same any more: the row has no types, and a blob, for example,
// stands there as a text of base64.
func otherForm(s *schema.Schema, changes []retyped, at int64) map[string]bool {
	var other map[string]bool
	seen := map[string]bool{}
	for _, r := range changes {
		if r.at < at || seen[r.column] {
			continue
		}
		seen[r.column] = true
		i, _ := s.Column(r.column)
		if now := &s.Columns()[i]; r.have == nil || formInJSON(r.have) != formInJSON(now) {
			if other == nil {
				other = map[string]bool{}
			}
			other[r.column] = true
		}
	}
	return other
}

// formInJSON is a type of the same form in a row in quarantine as the column's.
func formInJSON(c *schema.Column) schema.Type {
	switch c.Type {
	case schema.Text, schema.JSON:
		return schema.Text
	case schema.Float32, schema.Float64:
		return schema.Float64
	case schema.Blob, schema.Vector32, schema.Vector64, schema.Time:
		return c.Type
	}
	switch c.Uint {
	case schema.UintText:
		return schema.Text
	case schema.UintBlob:
		return schema.Blob
	}
	return schema.Int64
}
