package formats

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// jsonInTurn reads object by object, on one goroutine.
func jsonInTurn(text string, s *schema.Schema, opts TextOptions, e *events) error {
	r, err := newJSONReader(io.NopCloser(strings.NewReader(text)), s, opts)
	if err != nil {
		return err
	}
	for p := (&jsonPart{chunk: cells.New(s), values: make([][]byte, len(s.Columns()))}); ; {
		_, err := r.fill(p, 1)
		if p.Len() == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if p.Len() == 0 {
			return err
		}
		if err := r.row(p, 0); err != nil {
			if err := opts.Refuse(r.rows.Line(), r.rows.Row(), err); err != nil {
				return err
			}
			continue
		}
		if opts.Taken != nil {
			if err := opts.Taken(r.rows.Line(), r.rows.Row); err != nil {
				return err
			}
		}
		e.row(p.chunk, 0, r.rows.Line())
	}
}

// jsonInParallel reads parts of so many objects, or so many bytes.
func jsonInParallel(text string, s *schema.Schema, opts TextOptions, objects, bytes int, e *events) error {
	r, err := newJSONReader(io.NopCloser(strings.NewReader(text)), s, opts)
	if err != nil {
		return err
	}
	defer r.Close()
	r.bytes = bytes
	c := cells.New(s)
	c.Room = objects
	for {
		if err := r.Next(c); err != nil || c.Rows == 0 {
			return err
		}
		for k := range c.Rows {
			e.row(c, k, r.LineOf(k))
		}
	}
}

// TestPartsOfJSONAreBounded: a part ends with the object that reaches the bound.
func TestPartsOfJSONAreBounded(t *testing.T) {
	s, err := schema.New("t", []schema.Column{{Name: "a", Type: schema.Text}})
	if err != nil {
		t.Fatal(err)
	}
	object := `{"a":"x"}`
	for _, c := range []struct{ room, bytes, want int }{{3, 1000, 3}, {1000, 3 * len(object), 3}, {1000, 2*len(object) + 1, 3}, {1, 1, 1}, {1000, 1000, 10}} {
		r, err := newJSONReader(io.NopCloser(strings.NewReader(strings.Repeat(object+"\n", 10))), s, TextOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r.bytes = c.bytes
		var p jsonPart
		if _, err := r.fill(&p, c.room); p.Len() != c.want || err != nil && !errors.Is(err, io.EOF) {
			t.Errorf("at most %d objects or %d bytes: %d objects, %v, want %d", c.room, c.bytes, p.Len(), err, c.want)
		}
	}
}

// TestParallelJSONIsJSONInTurn compares the rows, their lines, refused rows, values of
// the batch column and the error at the end, on objects that are good and bad.
func TestParallelJSONIsJSONInTurn(t *testing.T) {
	s, err := schema.New("t", []schema.Column{
		{Name: "a", Type: schema.Text}, {Name: "n", Type: schema.Int64, Nullable: true}, {Name: "b", Type: schema.Text, Batch: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	object := rapid.SampledFrom([]string{
		`{"a":"x","n":1}`, `{"a":"\u00e9"}`, `{"n":2,"a":"` + strings.Repeat("long", 50) + `"}`, "{\n\"a\": \"two lines\"\n}", `{"a":"x","b":"key"}`,
		`{"a":1}`, `{"n":3}`, `{"a":"x","a":"y"}`, `{"a":"x","c":1}`, `{"a":"refused","n":1.5}`, `{"a":"refused","n":"y"}`, `{"a":"x","n":NaN}`, `{"a":"\ud800"}`, `[1]`, `{"a":"x"`, `7`, "\xff", "",
	})
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		array := rapid.Bool().Draw(t, "array")
		if array {
			text.WriteString("[")
		}
		for i := range rapid.IntRange(0, 40).Draw(t, "objects") {
			if array && i > 0 {
				text.WriteString(",")
			}
			text.WriteString(object.Draw(t, "object") + "\n")
		}
		if array && rapid.Bool().Draw(t, "ends") {
			text.WriteString("]")
		}
		bad, taken, last := rapid.IntRange(0, 3).Draw(t, "bad") > 0, rapid.Bool().Draw(t, "taken"), rapid.IntRange(0, 200).Draw(t, "last")
		var want, have events
		batch := false
		wantErr := jsonInTurn(text.String(), s, want.options(bad, taken, last), &want)
		opts := have.options(bad, taken, last)
		opts.Batch = func() { batch = true }
		haveErr := jsonInParallel(text.String(), s, opts, rapid.IntRange(1, 7).Draw(t, "records"), rapid.IntRange(1, 400).Draw(t, "bytes"), &have)
		if fmt.Sprint(wantErr) != fmt.Sprint(haveErr) {
			t.Fatalf("%q: %v, want %v", text.String(), haveErr, wantErr)
		}
		if wantErr == nil && strings.Contains(text.String(), `"b"`) != batch {
			t.Fatalf("%q: values for the batch column: %t", text.String(), batch)
		}
		for _, kind := range []string{"row", "bad", "taken"} { // callbacks of a part come before its rows
			w, h := want.of(kind), have.of(kind)
			if wantErr != nil && kind == "row" {
				w = w[:min(len(w), len(h))] // rows of the part with the error are not handed on
			}
			if strings.Join(w, "\n") != strings.Join(h, "\n") {
				t.Fatalf("%q: %s:\n%s\nwant:\n%s", text.String(), kind, strings.Join(h, "\n"), strings.Join(w, "\n"))
			}
		}
	})
}
