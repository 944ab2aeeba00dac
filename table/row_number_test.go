package table_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galley-db/galley/table"
)

// TestRowNumbersAgree: the number of a refused row counts from the first row of the
// Writer or the sequence, in the error's field and in its text.
func TestRowNumbersAgree(t *testing.T) {
	type keyed struct {
		K string `db:"k,key"`
	}
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[keyed]{BatchRows: 3})
	keys := []string{"a", "b", "c", "d", "d"}
	write := func(name string, opts table.WriterOptions) error {
		w, err := tab.Writer(opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if err := w.Write(t.Context(), keyed{name + k}); err != nil {
				t.Fatal(err)
			}
		}
		return w.Close(t.Context())
	}
	_, err := tab.AppendSeq(t.Context(), func(yield func(keyed, error) bool) {
		for _, k := range keys {
			if !yield(keyed{"sequence " + k}, nil) {
				return
			}
		}
	})
	for name, err := range map[string]error{
		"AppendSeq":       err,
		"Writer":          write("writer ", table.WriterOptions{}),
		"Writer with Key": write("run ", table.WriterOptions{Key: "run"}),
	} {
		var row *table.RowError
		if !errors.As(err, &row) || row.Row != 4 {
			t.Errorf("%s: error %v, want a *RowError of row 4", name, err)
			continue
		}
		if text := fmt.Sprintf("row %d:", row.Row); !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "row 1:") {
			t.Errorf("%s: error %q, want %q in it", name, err, text)
		}
	}
}
