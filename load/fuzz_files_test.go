package load

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// Whatever is in a file, reading it ends, and without a panic.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "id,u,text\n1,2,\"x\"\n", "\"", "{\"id\":1,\"text\":\"\\u00e9\"}\n", "{\"id\":1,\"json\":{\"a\":[}]}}", "PAR1\x00\x00\x00\x00PAR1",
		"\x1f\x8b\x08", "\x28\xb5\x2f\xfd\x00",
	} {
		f.Add([]byte(seed), uint8(0))
		f.Add([]byte(seed), uint8(1))
		f.Add([]byte(seed), uint8(2))
	}
	s, err := schema.Of[fixture.Kinds]()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte, kind uint8) {
		format := formats.Format(kind % 3)
		path := filepath.Join(t.TempDir(), "file"+format.Extension())
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		l := newLoading(nil, Options{Table: "t", Sources: []string{path}})
		l.table = s
		if err := l.find(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, _ = l.infer(t.Context())
		_ = l.sources[0].read(t.Context(), func() error {
			opts := l.textOptions(l.sources[0])
			opts.Bad = func(int64, []byte, error) error { return nil }
			d, err := l.open(t.Context(), l.sources[0], opts)
			if err != nil {
				return err
			}
			defer d.Close()
			for c := cells.New(s); ; {
				if err := d.Next(c); err != nil || c.Rows == 0 {
					return err
				}
			}
		})
	})
}
