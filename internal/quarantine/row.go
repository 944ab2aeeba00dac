package quarantine

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// RowJSON is row i as it stands in quarantine, whatever its values are: a JSON
// object by column, with blobs in base64, times in RFC 3339, UTC, and as text
// the numbers that JSON does not have. A text with a NUL, or with bytes that are not
// UTF-8, is {"base64": "…"}; a column that Bind did not write, because it failed, is
// {"unread": true}. Of a value of more than 1 MiB only its length is kept. The error
// is that of Bind.
func RowJSON(s *schema.Schema, rows store.Rows, i int) (string, error) {
	return ObjectOf(s.Columns(), func(w schema.Writer) error { return rows.Bind(i, w) })
}

// The longest texts and blobs that are kept whole, the latter where the former
// would make a row longer than longestRow.
const (
	longestValue = 1 << 20
	shortValue   = 1 << 10
	longestRow   = 16 << 20
)

// jsonOf is the row that bind writes.
func ObjectOf(columns []schema.Column, bind func(schema.Writer) error) (string, error) {
	var text string
	var err error
	for _, longest := range []int{longestValue, shortValue} {
		w := jsonWriter{columns, map[string]any{}, longest}
		if err = bind(w); err != nil {
			for i := range columns {
				if _, ok := w.row[columns[i].Name]; !ok {
					w.set(i, unread{true})
				}
			}
		}
		b, _ := json.Marshal(w.row) // its values are of plain types
		if text = string(b); len(text) <= longestRow {
			break
		}
	}
	return text, err
}

// raw is a text that JSON does not hold.
type raw struct {
	Base64 []byte `json:"base64"`
}

// unread is a value that is not known.
type unread struct {
	Unread bool `json:"unread"`
}

// jsonWriter takes a row whatever its values are.
type jsonWriter struct {
	columns []schema.Column
	row     map[string]any
	longest int
}

func (w jsonWriter) set(i int, v any) {
	if i >= 0 && i < len(w.columns) {
		w.row[w.columns[i].Name] = v
	}
}

func (w jsonWriter) long(i, n int) bool {
	if n > w.longest {
		w.set(i, fmt.Sprintf("(%d bytes)", n))
	}
	return n > w.longest
}

func (w jsonWriter) Null(i int)              { w.set(i, nil) }
func (w jsonWriter) Bool(i int, v bool)      { w.set(i, v) }
func (w jsonWriter) Int64(i int, v int64)    { w.set(i, v) }
func (w jsonWriter) Time(i int, v time.Time) { w.set(i, v.UTC().Format(time.RFC3339Nano)) }

func (w jsonWriter) Float64(i int, v float64) {
	if _, err := json.Marshal(v); err != nil {
		w.set(i, strconv.FormatFloat(v, 'g', -1, 64))
		return
	}
	w.set(i, v)
}

func (w jsonWriter) Text(i int, v string) {
	switch {
	case w.long(i, len(v)):
	case !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0:
		w.set(i, raw{[]byte(v)}) // U+FFFD in its place would be another value, and could be stored
	default:
		w.set(i, string(append([]byte(nil), v...))) // it is valid during the call only
	}
}

func (w jsonWriter) Blob(i int, v []byte) {
	if !w.long(i, len(v)) {
		w.set(i, append([]byte{}, v...))
	}
}
