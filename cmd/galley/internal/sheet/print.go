package sheet

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/schema"
)

// Form is how rows are printed.
type Form string

// The forms.
const (
	AsTable    Form = "table"
	AsMarkdown Form = "markdown"
	AsTSV      Form = "tsv"
	AsCSV      Form = "csv"
	AsJSON     Form = "json"     // an array of objects
	AsLines    Form = "jsonl"    // an object a line
	AsVertical Form = "vertical" // a column a line
)

// Forms are all forms.
var Forms = []Form{AsTable, AsMarkdown, AsTSV, AsCSV, AsJSON, AsLines, AsVertical}

// Style says how rows are printed. Its zero value is a table for a file.
type Style struct {
	Form  Form
	Bold  bool // the column names of a table
	Width int  // of the terminal; a table is cut to it. 0 for none, Whole to cut nothing
}

// Whole is the Width of a table whose cells are not cut.
const Whole = -1

// Print runs the query and prints its rows as they come.
func (r *Rows) Print(ctx context.Context, w io.Writer, style Style) error {
	out := bufio.NewWriter(w)
	var err error
	switch style.Form {
	case AsTable, "":
		err = r.table(ctx, out, style)
	case AsMarkdown:
		err = r.lines(ctx, out, markdownLine, true)
	case AsTSV:
		err = r.lines(ctx, out, tsvLine, false)
	case AsVertical:
		err = r.vertical(ctx, out)
	case AsCSV:
		err = r.csv(ctx, out)
	case AsJSON, AsLines:
		err = r.json(ctx, out, style.Form == AsJSON)
	default:
		return fmt.Errorf("form %q is not known, want one of %q", style.Form, Forms)
	}
	if err != nil {
		_ = out.Flush()
		return err
	}
	return out.Flush()
}

func (r *Rows) names() []string {
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	return names
}

func (r *Rows) table(ctx context.Context, w io.Writer, style Style) error {
	right := make([]bool, len(r.Columns))
	for i, c := range r.Columns {
		right[i] = c.Type >= schema.Int8 && c.Type <= schema.Float64 || c.Type == schema.Duration
	}
	t := NewTable(w, style, r.names(), right)
	cells := make([]string, len(right))
	err := r.Each(ctx, func(values []any) error {
		for i, v := range values {
			if cells[i] = Text(v); t.whole {
				cells[i] = wholeText(v)
			}
			switch v.(type) {
			case int64, float32, float64:
				right[i] = true
			}
		}
		return t.Add(cells...)
	})
	if err != nil && t.Empty() {
		return err // without a header before it
	}
	if flushErr := t.Flush(); err == nil {
		err = flushErr
	}
	return err
}

// csv prints NULL as an empty field and an empty text as one in quotes, as export does.
// A line of one NULL has quotes, as most readers skip an empty line.
func (r *Rows) csv(ctx context.Context, w io.Writer) error {
	headed, buf := false, []byte(nil)
	head := func() error { // not before an error
		if headed {
			return nil
		}
		headed = true
		for i, name := range r.names() {
			if i > 0 {
				buf = append(buf, ',')
			}
			buf = csvrow.AppendField(buf, []byte(name))
		}
		_, err := w.Write(append(buf, '\n'))
		return err
	}
	err := r.Each(ctx, func(values []any) error {
		if err := head(); err != nil {
			return err
		}
		buf = buf[:0]
		for i, v := range values {
			if i > 0 {
				buf = append(buf, ',')
			}
			if v != nil || len(values) == 1 {
				buf = csvrow.AppendField(buf, []byte(plain(v)))
			}
		}
		_, err := w.Write(append(buf, '\n'))
		return err
	})
	if err == nil {
		err = head()
	}
	return err
}

// plain is a value as CSV has it: whole, and as it is.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.RawMessage:
		return string(v)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case time.Duration:
		return strconv.FormatInt(int64(v), 10)
	case []float32:
		return string(appendArray(nil, v))
	case []float64:
		return string(appendArray(nil, v))
	}
	return Text(v)
}

func (r *Rows) json(ctx context.Context, w io.Writer, array bool) error {
	if name := twice(r.names()); name != "" {
		return fmt.Errorf("two columns of the result are named %s, and an object of JSON has each name once; name them with AS, or use --format csv", name)
	}
	var heads [][]byte
	for i, name := range r.names() {
		text, err := json.Marshal(name)
		if err != nil {
			return err
		}
		head := []byte{','}
		if i == 0 {
			head[0] = '{'
		}
		heads = append(heads, append(append(head, text...), ':'))
	}
	first, buf := true, []byte(nil)
	err := r.Each(ctx, func(values []any) (err error) {
		buf = buf[:0]
		switch {
		case array && first:
			buf = append(buf, '[')
		case array:
			buf = append(buf, ",\n "...)
		}
		first = false
		for i, v := range values {
			if buf, err = appendJSON(append(buf, heads[i]...), v); err != nil {
				return err
			}
		}
		buf = append(buf, '}')
		if !array {
			buf = append(buf, '\n')
		}
		_, err = w.Write(buf)
		return err
	})
	if err != nil || !array {
		return err
	}
	end := "]\n"
	if first {
		end = "[]\n"
	}
	_, err = io.WriteString(w, end)
	return err
}

// twice returns a name that occurs twice, or "".
func twice(names []string) string {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}
