package quarantine

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/galley-db/galley/schema"
)

// Parse writes a row as [RowJSON] returned it into w. A column that the row lacks
// is NULL where the table allows it. It returns an error for a value that was not
// kept, and for one of a column that the table does not have, which would be lost, or
// that is among other: it had values of another form then.
func Parse(columns []schema.Column, row string, other map[string]bool, w schema.Writer) error {
	d := json.NewDecoder(strings.NewReader(row))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil {
		return fmt.Errorf("not a row in JSON: %w", err)
	}
	known := make(map[string]bool, len(columns))
	for i := range columns {
		c := &columns[i]
		v, ok := values[c.Name]
		known[c.Name] = true
		if !ok && !c.Nullable {
			return fmt.Errorf("column %q is missing in the row", c.Name)
		}
		if v != nil && other[c.Name] {
			return fmt.Errorf("column %q had another type when the row was put in quarantine", c.Name)
		}
		if err := parseValue(w, i, c, v); err != nil {
			return fmt.Errorf("column %q: %w", c.Name, err)
		}
	}
	for name, v := range values {
		if v != nil && !known[name] {
			return fmt.Errorf("the table has no column %q, of which the row has a value", name)
		}
	}
	return nil
}

func parseValue(w schema.Writer, i int, c *schema.Column, v any) error {
	var err error
	switch v := v.(type) {
	case nil:
		w.Null(i)
	case bool:
		w.Bool(i, v)
	case json.Number:
		if c.Type == schema.Float32 || c.Type == schema.Float64 {
			var f float64
			if f, err = v.Float64(); err == nil && c.Type == schema.Float32 && float64(float32(f)) != f {
				err = &schema.ValueError{Column: c.Name, Value: f, Err: schema.ErrOverflow}
			}
			if err == nil {
				w.Float64(i, f)
			}
			return err
		}
		var n int64
		if n, err = v.Int64(); err == nil && !inRange(c.Type, n) {
			err = &schema.ValueError{Column: c.Name, Value: n, Err: schema.ErrOverflow}
		}
		if err == nil {
			w.Int64(i, n)
		}
	case string:
		return parseText(w, i, c, v)
	default:
		err = fmt.Errorf("%v is not a value", v)
	}
	return err
}

func parseText(w schema.Writer, i int, c *schema.Column, v string) error {
	switch {
	case c.Type == schema.Time:
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return err
		}
		w.Time(i, t)
	case c.Type == schema.Float32 || c.Type == schema.Float64:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return err
		}
		w.Float64(i, f)
	case strings.HasPrefix(v, "(") && strings.HasSuffix(v, " bytes)"):
		return fmt.Errorf("the value was too long to be kept: %s", v)
	case c.Type == schema.Text, c.Type == schema.JSON, c.Type == schema.Uint64 && c.Uint == schema.UintText:
		w.Text(i, v)
	default:
		b, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			return fmt.Errorf("%q is not base64: %w", v, err)
		}
		w.Blob(i, b)
	}
	return nil
}

// inRange reports whether an integer is one of a type. The column may have had a wider
// one when the row was put in quarantine.
func inRange(t schema.Type, n int64) bool {
	if t == schema.Bool {
		return n == 0 || n == 1
	}
	low, high := t.Range()
	return low <= n && n <= high
}
