package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// reusedMemory refuses rows whose texts lie in memory that the next row overwrites, as
// those that are read from a temporary file: each error keeps the value of its row.
func (s Suite) reusedMemory(t *testing.T) {
	type row struct {
		Name string
		Doc  string `db:",json"`
	}
	b := s.Open(t)
	tab := openTable(t, b, table.Options[row]{Name: "reused", Quarantine: true})
	memory := make([]byte, 8)
	view := func(format string, i int) string {
		copy(memory, fmt.Sprintf(format, i))
		return unsafe.String(&memory[0], len(memory))
	}
	var rows rawRows
	for i := range 60 { // as many as a page image has
		rows = append(rows, func(w schema.Writer) {
			name, doc := "y", "{}"
			switch i {
			case 20:
				name = view("y-%04d\xff ", i)
			case 30:
				doc = view("\"-%04d\\x", i)
			case 40:
				doc = view("\"-%04d\xff\"", i)
			default:
				name = view("y-%04d  ", i)
			}
			w.Text(0, name)
			w.Text(1, doc)
		})
	}
	batch := &store.Batch{Schema: tab.Schema(), Rows: rows, Sift: true}
	_, err := store.Insert(t.Context(), b, batch)
	var sift *store.SiftError
	if !errors.As(err, &sift) || len(sift.Rows) < 2 { // a file takes JSON that is not valid
		t.Fatalf("error %v, want one of the rows", err)
	}
	for _, r := range sift.Rows {
		if want := fmt.Sprintf("-%04d", r.Row); !strings.Contains(r.Error(), want) {
			t.Errorf("row %d: %v; want the value %s", r.Row, r, want)
		}
	}
	batch.Sift, batch.Quarantine = false, true
	if _, err := store.Insert(t.Context(), b, batch); err != nil {
		t.Fatal(err)
	}
	var rejected []string
	for r, err := range b.Rejected(t.Context(), store.RejectedFilter{Table: "reused"}) {
		if err != nil {
			t.Fatal(err)
		}
		rejected = append(rejected, r.Error)
	}
	for i, r := range sift.Rows {
		if want := fmt.Sprintf("-%04d", r.Row); i >= len(rejected) || !strings.Contains(rejected[i], want) {
			t.Errorf("quarantine has %q; want the value %s in place %d", rejected, want, i)
		}
	}
}
