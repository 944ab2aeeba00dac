package load

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store"
)

// measure is a row of a table with a constraint of each kind.
type measure struct {
	ID   int64  `db:"id,unique"`
	Size int64  `db:"size,check=size >= 0"`
	Name string `db:"name"`
}

// TestRejectConstraint: a row that breaks a constraint of the table goes to Reject
// as it stands in the source, and all others are stored: each row of the source is
// in the table or was rejected, once.
func TestRejectConstraint(t *testing.T) {
	csv := []string{`1,1,a`, `2,-1,"b, with ""quotes"""`, `1,2,twice`, `3,,no size`, `4,4,`, `5,5,"two` + "\n" + `lines"`, `5,6,"again` + "\n" + `two lines"`, `6,7,x`}
	jsonRows := []string{`{"id":1,"size":1,"name":"a"}`, `{"name":"b", "size":-1, "id":2}`, `{"id":1,"size":2,"name":"\u0061"}`, `{"id":3,"size":3,"name":"c"}`, `{"id":3,"size":3,"name":"c"}`}
	for name, test := range map[string]struct {
		text string
		rows []string
		bad  []int // of rows
	}{
		"a.csv":   {"id,size,name\n" + strings.Join(csv, "\n") + "\n", csv, []int{3, 1, 2, 6}}, // NULL is found first
		"a.jsonl": {strings.Join(jsonRows, "\n"), jsonRows, []int{1, 2, 4}},
		"a.json":  {"[" + strings.Join(jsonRows, ", ") + "]", jsonRows, []int{1, 2, 4}}, // all in one line
	} {
		t.Run(name, func(t *testing.T) {
			dir := put(t, map[string]string{name: test.text})
			db := fixture.NewDB(t)
			fixture.NewTable(t, db, "measure", []measure(nil))
			var got []string
			synced := 0
			opts := Options{Table: "measure", Sources: []string{filepath.Join(dir, name)},
				Reject:      func(b BadRow) error { got = append(got, b.Text); return nil },
				SyncRejects: func() error { synced = len(got); return nil },
			}
			res, err := Load(t.Context(), db, opts)
			if err != nil || res.Failed() > 0 {
				t.Fatalf("%v, %v", err, res.Files[0].Err)
			}
			var want []string
			for _, i := range test.bad {
				want = append(want, test.rows[i])
			}
			if diff := cmp.Diff(want, got); diff != "" || synced != len(got) {
				t.Errorf("rejected (-want +got), %d synced:\n%s", synced, diff)
			}
			f := res.Files[0]
			stored := fixture.All[measure](t, db, "measure")
			if len(stored) != len(test.rows)-len(test.bad) || f.Rows != int64(len(stored)) || f.Rejected != int64(len(test.bad)) {
				t.Errorf("%d rows are stored, and the report says %d and %d rejected; of %d rows %d are bad", len(stored), f.Rows, f.Rejected, len(test.rows), len(test.bad))
			}
			for r, err := range db.Rejected(t.Context(), store.RejectedFilter{Table: "measure"}) {
				t.Errorf("in quarantine too: %s, %v", r.Row, err)
			}
			if res, err = Load(t.Context(), db, opts); err != nil || res.Failed() > 0 || len(got) != len(want) {
				t.Errorf("imported again: %v, %d rows rejected, want %d as before", err, len(got), len(want))
			}
		})
	}
}

// TestRejectConstraintParquet: of Parquet, the row is JSON.
func TestRejectConstraintParquet(t *testing.T) {
	type loose struct {
		ID   int64  `db:"id"`
		Size int64  `db:"size"`
		Name string `db:"name"`
	}
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "loose", []loose{{1, 1, "a"}, {1, 2, "b"}, {2, -1, "c"}, {3, 3, "d"}})
	_, err := export.Write(t.Context(), db, export.Options{Dir: dir, Format: export.Parquet, Tables: []export.Table{{Name: "loose"}}})
	if err != nil {
		t.Fatal(err)
	}
	fixture.NewTable(t, db, "measure", []measure(nil))
	var got []string
	res, err := Load(t.Context(), db, Options{Table: "measure", Sources: []string{filepath.Join(dir, "loose.parquet")},
		Reject: func(b BadRow) error { got = append(got, fmt.Sprint(b.Line, " ", b.Text)); return nil }})
	if err != nil || res.Failed() > 0 {
		t.Fatalf("%v, %v", err, res.Files[0].Err)
	}
	if diff := cmp.Diff([]string{`2 {"id":1,"size":2,"name":"b"}`, `3 {"id":2,"size":-1,"name":"c"}`}, got); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]measure{{1, 1, "a"}, {3, 3, "d"}}, fixture.All[measure](t, db, "measure")); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// TestRejectForeignKey: so it is with a rule that only the database has, also in
// a file that is stored in parts, and when the import is interrupted and run again.
func TestRejectForeignKey(t *testing.T) {
	type visit struct{ ID, Subject int64 }
	var csv strings.Builder
	csv.WriteString("id,subject\n")
	var bad []string
	for i := range 20_000 {
		subject := 1
		if i%5_000 == 77 {
			subject = 2
			bad = append(bad, fmt.Sprintf("%d,%d", i, subject))
		}
		fmt.Fprintf(&csv, "%d,%d\n", i, subject)
	}
	dir := put(t, map[string]string{"a.csv": csv.String()})
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "visit", []visit(nil))
	byHand(t, db.Path(), "CREATE TABLE subject (id INTEGER PRIMARY KEY); INSERT INTO subject VALUES (1);"+
		"CREATE TABLE link (id INTEGER REFERENCES subject(id) DEFERRABLE INITIALLY DEFERRED);"+
		"CREATE TRIGGER refer AFTER INSERT ON visit BEGIN INSERT INTO link VALUES (new.subject); END")
	var got []string
	opts := Options{Table: "visit", Sources: []string{filepath.Join(dir, "a.csv")}, PartRows: 8192,
		Reject: func(b BadRow) error { got = append(got, b.Text); return nil }}
	res, err := Load(t.Context(), &fixture.Stopping{Backend: db, After: 3}, opts) // a part takes two batches
	if err != nil || !errors.Is(res.Files[0].Err, fixture.ErrEnough) || res.Files[0].Rows == 0 {
		t.Fatalf("%v, %v, %d rows", err, res.Files[0].Err, res.Files[0].Rows)
	}
	if res, err = Load(t.Context(), db, opts); err != nil || res.Failed() > 0 {
		t.Fatalf("%v, %v", err, res.Files[0].Err)
	}
	again := map[string]bool{} // the interrupted part rejects its rows again
	got = slices.DeleteFunc(got, func(text string) bool {
		seen := again[text]
		again[text] = true
		return seen
	})
	if diff := cmp.Diff(bad, got); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	if n := len(fixture.All[visit](t, db, "visit")); n != 20_000-len(bad) {
		t.Errorf("%d rows are stored, want %d", n, 20_000-len(bad))
	}
}

// byHand runs SQL in a file, as another program does.
func byHand(t *testing.T, path, sql string) {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Exec(sql), c.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestRejectBeforeStored: nothing of a file is stored whose rejects cannot be
// written.
func TestRejectBeforeStored(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": "id,size,name\n1,1,a\n1,2,b\n"})
	for name, set := range map[string]func(*Options){
		"Reject":      func(o *Options) { o.Reject = func(BadRow) error { return os.ErrPermission } },
		"SyncRejects": func(o *Options) { o.SyncRejects = func() error { return os.ErrPermission } },
	} {
		db := fixture.NewDB(t)
		fixture.NewTable(t, db, "measure", []measure(nil))
		opts := Options{Table: "measure", Sources: []string{filepath.Join(dir, "a.csv")}, Reject: func(BadRow) error { return nil }}
		set(&opts)
		if res, err := Load(t.Context(), db, opts); err != nil || !errors.Is(res.Files[0].Err, os.ErrPermission) {
			t.Errorf("%s: %v, want its error", name, err)
		}
		if n := len(fixture.All[measure](t, db, "measure")); n != 0 {
			t.Errorf("%s: %d rows are stored, want none", name, n)
		}
	}
}

// TestRejectedAreHandedOn: the report counts the rows that Reject was given, and none
// of a file that could not be read to its end.
func TestRejectedAreHandedOn(t *testing.T) {
	whole := gzipped(t, "id,size,name\n1,1,a\nx,y,z\n"+strings.Repeat("2,2,b\n3,3,c\n", 5000))
	dir := put(t, map[string]string{"a.csv.gz": whole[:len(whole)-9]})
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "measure", []measure(nil))
	given := int64(0)
	res, err := Load(t.Context(), db, Options{Table: "measure", Sources: []string{filepath.Join(dir, "a.csv.gz")},
		Reject: func(BadRow) error { given++; return nil }})
	if err != nil || !errors.Is(res.Files[0].Err, ErrFormat) {
		t.Fatalf("%v, %v", err, res.Files[0].Err)
	}
	if f := res.Files[0]; f.Rejected != given || given != 0 || f.BadRows != 1 {
		t.Errorf("%d rows rejected, and Reject was given %d; want 0, and 1 bad row: %d", f.Rejected, given, f.BadRows)
	}
}

// refusing is a backend that refuses the first row of each batch: of the first try as
// one to leave out, then for good.
type refusing struct {
	store.Backend
	tries int
}

func (r *refusing) Begin(b *store.Batch) (store.Insertion, error) {
	row := store.NewRowError(b.Schema.Name(), 0, store.ErrKey)
	if r.tries++; r.tries == 1 {
		return nil, &store.SiftError{Table: b.Schema.Name(), Rows: []*store.RowError{row}}
	}
	return nil, row
}

// TestRefusedRowIsNamedByItsLine: once rows are left out, an error still names the line
// of its row.
func TestRefusedRowIsNamedByItsLine(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": "id,size,name\n1,1,a\n\n2,2,b\n3,3,c\n"})
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "measure", []measure(nil))
	res, err := Load(t.Context(), &refusing{Backend: db}, Options{Table: "measure", Sources: []string{filepath.Join(dir, "a.csv")},
		Reject: func(BadRow) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Files[0].Err; !errors.Is(err, store.ErrKey) || !strings.HasPrefix(err.Error(), "line 4: ") {
		t.Errorf("%v, want an error for line 4", err)
	}
}
