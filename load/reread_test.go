package load

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
)

// restoring is a context that runs restore at the second look at its state. Between
// the first and the second, a small file is read to its end.
type restoring struct {
	context.Context
	mu      sync.Mutex
	looks   int
	restore func()
}

func (c *restoring) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looks++; c.looks == 2 {
		c.restore()
	}
	return c.Context.Err()
}

// TestRowsOfAnotherContentAreNotStored: a file has other content while its rows are
// read, and the first content again behind its end, under the same metadata.
func TestRowsOfAnotherContentAreNotStored(t *testing.T) {
	for name, text := range map[string][2]string{
		"a.csv":   {"a\n1\n", "a\n2\n"},
		"a.jsonl": {`{"a":1}`, `{"a":2}`},
	} {
		path := filepath.Join(put(t, map[string]string{name: text[0]}), name)
		db := fixture.NewDB(t)
		l := newLoading(db, Options{Table: "t", Sources: []string{path}})
		if err := l.find(t.Context()); err != nil {
			t.Fatal(err)
		}
		table, err := l.infer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.table = table
		s := l.sources[0]
		if s.rows != nil {
			_ = s.rows.Close()
			s.rows = nil // it is read again
		}
		err = s.read(t.Context(), func() error {
			change := func(text string) {
				write(t, path, text)
				if s.info, err = os.Stat(path); err != nil {
					t.Error(err)
				}
			}
			change(text[1])
			ctx := &restoring{Context: t.Context(), restore: func() { change(text[0]) }}
			return l.whole(ctx, &File{Path: path, Key: name}, s)
		})
		if !errors.Is(err, ErrSourceChanged) {
			t.Errorf("%s: %v, want %v", name, err, ErrSourceChanged)
		}
		if have, err := db.Describe(t.Context(), "t"); err != nil || have != nil {
			t.Errorf("%s: rows are stored, %v", name, err)
		}
		l.close()
	}
}
