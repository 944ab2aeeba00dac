package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// recordTable is a table for values of several types, with or without rules.
func recordTable(t testing.TB, change func([]schema.Column)) *schema.Schema {
	t.Helper()
	columns := []schema.Column{
		{Name: "n", Type: schema.Int64}, {Name: "text", Type: schema.Text}, {Name: "real", Type: schema.Float64},
		{Name: "small", Type: schema.Int8, Nullable: true}, {Name: "blob", Type: schema.Blob, Nullable: true}, {Name: "flag", Type: schema.Bool},
	}
	change(columns)
	s, err := schema.New("record", columns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type recordRows []recordRow

type recordRow struct {
	n     int64
	text  string
	real  float64
	small *int8
	blob  []byte
	flag  bool
}

func (r recordRows) Len() int { return len(r) }
func (r recordRows) Bind(i int, w schema.Writer) error {
	w.Int64(0, r[i].n)
	w.Text(1, r[i].text)
	w.Float64(2, r[i].real)
	if r[i].small == nil {
		w.Null(3)
		w.Null(4)
	} else {
		w.Int64(3, int64(*r[i].small))
		w.Blob(4, r[i].blob)
	}
	w.Bool(5, r[i].flag)
	return nil
}

// leaves are the bytes of the cells of a table, in its order, with their row
// numbers: everything that SQLite keeps of its rows.
func leaves(t testing.TB, db *DB, table string) (all []string) {
	t.Helper()
	rd, err := db.file.readers.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.file.readers.release(rd)
	rows, err := rd.conn.texts(`SELECT rowid || '|' || quote(n) || typeof(n) || '|' || quote(text) || typeof(text) || '|' || quote(real) || typeof(real) || '|' ||
		quote(small) || typeof(small) || '|' || quote(blob) || typeof(blob) || '|' || quote(flag) || typeof(flag) FROM "` + table + `" ORDER BY rowid`)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// payload are the bytes of the file's table pages, without the header's page.
func payload(t testing.TB, path string) []byte {
	t.Helper()
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rd, err := db.file.readers.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root, err := rd.conn.int64("SELECT rootpage FROM sqlite_schema WHERE name = 'record'")
	db.file.readers.release(rd)
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content[(root-1)*16384 : root*16384]
}

// Rows that the engine moves as whole cells are the same, byte for byte, as rows
// that were bound: same records, same row numbers, same page.
func TestAttachedRowsEqualBoundRows(t *testing.T) {
	for name, change := range map[string]func([]schema.Column){
		"plain":   func([]schema.Column) {},
		"index":   func(c []schema.Column) { c[1].Index = "by_text" },
		"key":     func(c []schema.Column) { c[0].Key = true },
		"default": func(c []schema.Column) { c[1].Default = "'x'" },
	} {
		t.Run(name, func(t *testing.T) {
			rows := recordRows{}
			for i := range 60 {
				r := recordRow{n: int64(i) - 3, text: strings.Repeat("ä", i%7), flag: i%3 == 0}
				r.real = []float64{0, 1, -2.5, 1e300, 0.1}[i%5]
				if i%4 > 0 {
					small := int8(i * 5)
					r.small, r.blob = &small, []byte{0, byte(i), 0xff}
				}
				rows = append(rows, r)
			}
			s := recordTable(t, change)
			dir := t.TempDir()
			paths := []string{filepath.Join(dir, "source.db"), filepath.Join(dir, "attached.db"), filepath.Join(dir, "bound.db")}
			var all [3][]string
			for i, path := range paths {
				db, err := Open(t.Context(), path, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
					t.Fatal(err)
				}
				if i == 1 {
					attachAll(t, db, paths[0], s, int64(len(rows)))
				} else if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: rows}); err != nil {
					t.Fatal(err)
				}
				all[i] = leaves(t, db, "record")
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(all[2], all[1]); diff != "" {
				t.Fatalf("rows (-bound +attached):\n%s", diff)
			}
			attached, bound := payload(t, paths[1]), payload(t, paths[2])
			if !slices.Equal(cellsOf(attached), cellsOf(bound)) {
				t.Fatal("the cells of the page differ")
			}
		})
	}
}

// cellsOf are the cells of a leaf, in their order: the rest of a page depends on
// the order of allocation.
func cellsOf(page []byte) (cells []string) {
	if page[0] != 13 { // no leaf of a table
		return []string{fmt.Sprint(page[0])}
	}
	n := int(page[3])<<8 | int(page[4])
	starts := make([]int, n)
	for i := range n {
		starts[i] = int(page[8+2*i])<<8 | int(page[9+2*i])
	}
	ends := append(slices.Sorted(slices.Values(starts)), len(page))
	for _, at := range starts {
		i, _ := slices.BinarySearch(ends, at)
		cells = append(cells, string(page[at:ends[i+1]]))
	}
	return cells
}

func attachAll(t *testing.T, db *DB, path string, s *schema.Schema, want int64) {
	t.Helper()
	from, err := OpenClosed(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	in, err := db.BeginFrom(from, "", nil, &store.Batch{Schema: s}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	res, err := in.Try(t.Context())
	if err != nil || res.Inserted != want {
		t.Fatalf("%+v, %v", res, err)
	}
}

// A source that changes while it is attached gives nothing.
func TestAttachedSourceThatChanged(t *testing.T) {
	dir := t.TempDir()
	s := recordTable(t, func([]schema.Column) {})
	source, err := Open(t.Context(), filepath.Join(dir, "source.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if err := source.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	if err := source.Close(); err != nil {
		t.Fatal(err)
	}
	from, err := OpenClosed(t.Context(), source.file.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	db, err := Open(t.Context(), filepath.Join(dir, "db.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	in, err := db.BeginFrom(from, "n >= ?", []string{"0"}, &store.Batch{Schema: s}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := os.WriteFile(source.file.path+"-wal", []byte("written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Try(t.Context()); !errors.Is(err, ErrFileReplaced) {
		t.Errorf("%v, want ErrFileReplaced", err)
	}
	if err := os.Remove(source.file.path + "-wal"); err != nil {
		t.Fatal(err)
	}
	if res, err := in.Try(t.Context()); err != nil || res.Inserted != 0 {
		t.Errorf("%+v, %v", res, err)
	}
}

// OpenClosed refuses a file that another connection has open, and leaves nothing
// beside one that it reads.
func TestOpenClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenClosed(t.Context(), path, Options{}); err == nil {
		t.Error("a file that is open: no error")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	from, err := OpenClosed(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := from.Tables(t.Context()); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v: want one file", entries, err)
	}
	if err := from.Close(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path+"-shm", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenClosed(t.Context(), path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("%v, want ErrInUse", err)
	}
}
