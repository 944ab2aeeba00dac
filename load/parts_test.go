package load

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestPartsOfAnotherSize: an import that was interrupted goes on only with parts that
// end with the same rows. With others it would lose rows or store them twice, so it is
// refused, until Replace stores the file from scratch.
func TestPartsOfAnotherSize(t *testing.T) {
	type row struct {
		Batch string `db:"batch,batch"`
		A     int64
	}
	const rows = 30_000
	csv := []string{"a"}
	for i := range rows {
		csv = append(csv, strconv.Itoa(i))
	}
	text := strings.Join(csv, "\n")
	for name, key := range map[string]func(string) string{"the file's key": nil, "a caller's key": filepath.Base} {
		t.Run(name, func(t *testing.T) {
			dir := put(t, map[string]string{"long.csv": text})
			db := fixture.NewDB(t)
			tab := fixture.NewTable(t, db, "t", []row(nil))
			opts := Options{Table: "t", Sources: []string{filepath.Join(dir, "long.csv")}, Base: dir, Key: key, PartRows: 8192}
			stored := func(want int64) {
				t.Helper()
				if n, err := tab.Count(t.Context()); err != nil || n != want {
					t.Errorf("%d rows are stored, %v; want %d", n, err, want)
				}
			}
			res, err := Load(t.Context(), &fixture.Stopping{Backend: db, After: 2}, opts)
			if err != nil || !errors.Is(res.Files[0].Err, fixture.ErrEnough) || !strings.Contains(res.Files[0].Err.Error(), "up to row 16384, 2 of its parts") {
				t.Fatalf("%v, %v", err, res.Files[0].Err)
			}
			stored(16384)
			write(t, opts.Sources[0], strings.Replace(text, "29999", "29998", 1))
			if res, err = Load(t.Context(), db, opts); err != nil || !errors.Is(res.Files[0].Err, ErrSourceChanged) {
				t.Errorf("another content: %v, %v; want %v", err, res.Files[0].Err, ErrSourceChanged)
			}
			stored(16384)
			write(t, opts.Sources[0], text)
			for _, opts.PartRows = range []int{10_000, 20_000, 0} { // 0 stores the file whole
				if res, err = Load(t.Context(), db, opts); err != nil || !errors.Is(res.Files[0].Err, ErrOtherParts) {
					t.Errorf("parts of %d rows: %v, %v; want %v", opts.PartRows, err, res.Files[0].Err, ErrOtherParts)
				}
				stored(16384)
			}
			replaced := opts
			replaced.Replace = true
			if res, err = Load(t.Context(), db, replaced); err != nil || res.Failed() > 0 || res.Files[0].Removed != 16384 {
				t.Errorf("replaced: %v, %v, %d rows removed", err, res.Files[0].Err, res.Files[0].Removed)
			}
			stored(rows)
		})
	}
}

// TestPartsOfTheSameSize: where the parts fit, another import stores the rest, also
// one that would have stored the file whole.
func TestPartsOfTheSameSize(t *testing.T) {
	type row struct{ A int64 }
	const rows = 60_000
	csv := []string{"a"}
	for i := range rows {
		csv = append(csv, strconv.Itoa(i))
	}
	dir := put(t, map[string]string{"long.csv": strings.Join(csv, "\n")})
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "t", []row(nil))
	opts := Options{Table: "t", Sources: []string{filepath.Join(dir, "long.csv")}, PartRows: 50_000}
	res, err := Load(t.Context(), &fixture.Stopping{Backend: db, After: 1}, opts)
	if err != nil || !errors.Is(res.Files[0].Err, fixture.ErrEnough) {
		t.Fatalf("%v, %v", err, res.Files[0].Err)
	}
	// Stopped before it has stored anything more, it still reports the stored parts.
	res, err = Load(t.Context(), &fixture.Stopping{Backend: db}, opts)
	if f := res.Files[0]; err != nil || f.Parts != 1 || !strings.Contains(f.Err.Error(), "stored up to row 57344, 1 of its parts") {
		t.Errorf("stopped again: %v, %d parts, %v", err, f.Parts, f.Err)
	}
	opts.PartRows = 0
	if res, err = Load(t.Context(), db, opts); err != nil || res.Failed() > 0 {
		t.Fatalf("%v, %v", err, res.Files[0].Err)
	}
	for i, r := range fixture.All[row](t, db, "t") {
		if r.A != int64(i) {
			t.Fatalf("row %d is %d", i, r.A)
		}
	}
	if n := len(fixture.All[row](t, db, "t")); n != rows {
		t.Errorf("%d rows are stored, want %d", n, rows)
	}
}

// meddling is a backend that does something before the last batch of a file.
type meddling struct {
	store.Backend
	key string // what that of the last batch begins with
	do  func()
}

func (m *meddling) Begin(b *store.Batch) (store.Insertion, error) {
	if strings.HasPrefix(b.Key, m.key) && !strings.Contains(b.Key[len(m.key):], "#") {
		m.do()
	}
	return m.Backend.Begin(b)
}

// TestFileThatChangesOnceStored: the content was compared before it was stored, so a
// change while the database writes does not fail the import. The next import reports
// that the file differs.
func TestFileThatChangesOnceStored(t *testing.T) {
	for name, rows := range map[string]int{"whole": 0, "in parts": 10} {
		dir := put(t, map[string]string{"a#1.csv": "a\n" + strings.Repeat("1\n", 10_000)})
		db := fixture.NewDB(t)
		opts := Options{Table: "t", Sources: []string{filepath.Join(dir, "a#1.csv")}, Base: dir, PartRows: rows}
		res, err := Load(t.Context(), &meddling{db, "a#1.csv", func() { write(t, opts.Sources[0], "a\n2\n") }}, opts)
		if err != nil || res.Failed() > 0 || res.Rows() != 10_000 {
			t.Errorf("%s: %v, %v, %d rows", name, err, res.Files[0].Err, res.Rows())
		}
		if res, err = Load(t.Context(), db, opts); err != nil || !errors.Is(res.Files[0].Err, ErrSourceDiffers) {
			t.Errorf("%s, again: %v, %v; want %v", name, err, res.Files[0].Err, ErrSourceDiffers)
		}
	}
}

// TestStoredByAnotherImport: a file that another import stores first is skipped, and
// the report says why.
func TestStoredByAnotherImport(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": "a\n1\n"})
	db := fixture.NewDB(t)
	opts := Options{Table: "t", Sources: []string{filepath.Join(dir, "a.csv")}, Base: dir}
	var once sync.Once
	res, err := Load(t.Context(), &meddling{db, "a.csv", func() {
		once.Do(func() {
			if res, err := Load(t.Context(), db, opts); err != nil || res.Rows() != 1 {
				t.Errorf("the other import: %v, %d rows", err, res.Rows())
			}
		})
	}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	if f := res.Files[0]; f.Err != nil || f.Applied || f.Note == "" {
		t.Errorf("applied is %v, %q, %v; want a note", f.Applied, f.Note, f.Err)
	}
}

// broken is a decoder that panics.
type broken struct{ formats.Decoder }

func (broken) Next(*cells.Chunk) error { panic("broken") }

// TestAheadPanics: a panic while a file is read ahead is the caller's.
func TestAheadPanics(t *testing.T) {
	l := newLoading(fixture.NewDB(t), Options{Table: "t"})
	s, err := schema.Of[struct{ A int64 }]()
	if err != nil {
		t.Fatal(err)
	}
	l.table = s
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("the panic is %v, want that of the decoder", p)
		}
	}()
	err = l.ahead(t.Context(), broken{}, func(*formats.Part) error { return nil })
	t.Errorf("no panic, but %v", err)
}
