package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// writtenElsewhere is a file as other programs write it.
const writtenElsewhere = `
CREATE TABLE person (id INTEGER PRIMARY KEY, "it's ""odd""" TEXT, born DATE, active BOOLEAN, score NUMERIC, photo BLOB, anything);
INSERT INTO person VALUES (1, 'a ''b''', '2026-01-02', 1, 1.5, x'00ff', 'x'), (2, NULL, '1999-12-31', 0, 2, NULL, 'y');
CREATE TABLE "select" (k TEXT, n INT, seen TIMESTAMP, PRIMARY KEY (k, n)) WITHOUT ROWID;
INSERT INTO "select" VALUES ('b', 2, '2026-01-02T03:04:05Z'), ('a', 1, '2026-01-02T03:04:05.5Z');
CREATE TABLE mixed (v, w INTEGER);
INSERT INTO mixed VALUES (1, 1), ('two', 2), (x'03', 'three');
CREATE TABLE empty (a, b REAL);
CREATE VIEW names AS SELECT id AS n, upper("it's ""odd""") AS name FROM person;
CREATE TABLE nullkey (k TEXT PRIMARY KEY);
INSERT INTO nullkey VALUES (NULL), ('x');
`

// elsewhere creates the file, without galley.
func elsewhere(t *testing.T, statements string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	c, err := sqlite3.Open(path)
	if err == nil {
		err = errors.Join(c.Exec(statements), c.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOpenForeign reads a file that another program has written: its tables and
// views have the types that they declare, where the values fit them.
func TestOpenForeign(t *testing.T) {
	path := elsewhere(t, writtenElsewhere)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{ReadOnly: true}); !errors.Is(err, store.ErrNotGalley) {
		t.Fatalf("Open: %v, want ErrNotGalley", err)
	}
	db, err := OpenForeign(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables, err := db.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, s := range tables {
		for _, c := range s.Columns() {
			got[s.Name()] = append(got[s.Name()], c.Name+": "+c.Spec())
		}
	}
	want := map[string][]string{
		"person":  {"id: int64 key", `it's "odd": text null`, "born: text null", "active: bool null", "score: float64 null", "photo: blob null", "anything: text null"},
		"select":  {"k: text key", "n: int64 key", "seen: time rfc3339 null"},
		"mixed":   {"v: blob null", "w: text null"},
		"empty":   {"a: text null", "b: float64 null"},
		"names":   {"n: int64 null", "name: text null"},
		"nullkey": {"k: text null"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	read := func(table string) (rows int, err error) {
		s, err := db.Describe(t.Context(), table)
		if err != nil || s == nil {
			t.Fatalf("%s: %v, %v", table, s, err)
		}
		err = db.Query(t.Context(), store.Select{Schema: s}, func(r schema.Reader) (bool, error) {
			for i, c := range s.Columns() {
				switch c.Type {
				case schema.Text:
					r.Text(i)
				case schema.Blob:
					r.Blob(i)
				case schema.Int64:
					r.Int64(i)
				}
			}
			rows++
			return true, store.ReadError(r)
		})
		return rows, err
	}
	for table, want := range map[string]int{"person": 2, "SELECT": 2, "empty": 0, "names": 2, "nullkey": 2} {
		if n, err := read(table); err != nil || n != want {
			t.Errorf("%s: %d rows, %v, want %d", table, n, err, want)
		}
	}
	var value *schema.ValueError
	if _, err := read("mixed"); !errors.As(err, &value) || value.Column != "v" {
		t.Errorf("mixed values: %v, want a *ValueError of column v", err)
	}
	if s, err := db.Describe(t.Context(), "none"); s != nil || err != nil {
		t.Errorf("a table that is not there: %v, %v", s, err)
	}
	if n, err := store.Value[int64](t.Context(), db, `SELECT count(*) FROM person p JOIN names n ON n.n = p.id`); err != nil || n != 2 {
		t.Errorf("a join: %d, %v", n, err)
	}
	for b, err := range db.Batches(t.Context(), store.BatchFilter{}) {
		t.Errorf("a batch: %v, %v", b, err)
	}
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: pointSchema(t, "points"), Rows: batchPoints(1, 1)}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("an insert: %v, want ErrReadOnly", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file has changed: %v", err)
	}
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
}

// TestOpenForeignChanged: a file that is written to while it is read is refused, and
// so is one whose journal is beside it; the commits in a -wal are read.
func TestOpenForeignChanged(t *testing.T) {
	path := elsewhere(t, writtenElsewhere)
	db, err := OpenForeign(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	count := func() (int64, error) { return store.Value[int64](t.Context(), db, "SELECT count(*) FROM person") }
	if n, err := count(); err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	other := openForeign(t, path)
	if err := other.Exec("INSERT INTO person (id) VALUES (3)"); err != nil {
		t.Fatal(err)
	}
	if _, err := count(); !errors.Is(err, ErrFileReplaced) {
		t.Errorf("after a write: %v, want ErrFileReplaced", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-journal", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenForeign(t.Context(), path, Options{}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "-journal") {
		t.Errorf("beside a journal: %v, want ErrInUse", err)
	}
	if err := os.Remove(path + "-journal"); err != nil {
		t.Fatal(err)
	}
	if err := other.Exec("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO person (id) VALUES (4)"); err != nil {
		t.Fatal(err)
	}
	if db, err = OpenForeign(t.Context(), path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n, err := count(); err != nil || n != 4 {
		t.Errorf("with a -wal: %d rows, %v, want 4", n, err)
	}
}

// TestOpenForeignRefuses: what is not an SQLite file of another program.
func TestOpenForeignRefuses(t *testing.T) {
	own := tempPath(t)
	if err := openTest(t, own, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{own, text} {
		if _, err := OpenForeign(t.Context(), path, Options{}); !errors.Is(err, store.ErrNotGalley) {
			t.Errorf("%s: %v, want ErrNotGalley", path, err)
		}
	}
	if _, err := OpenForeign(t.Context(), filepath.Join(t.TempDir(), "none.db"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
