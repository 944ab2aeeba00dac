package export

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// A file that is in order, as a merge leaves it, is merged as it is read; only
// one that is not takes room elsewhere.
func TestMergeInOrder(t *testing.T) {
	testtime.Seconds(t)
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		for _, test := range []struct {
			name  string
			first []fixture.Region
			want  error
		}{
			{"in order", []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}, {Subject: "a", Name: "y", Volume: 2, Count: fixture.Int(1)}, {Subject: "b", Name: "a", Volume: 3, Count: nil}}, nil},
			{"not in order", []fixture.Region{{Subject: "a", Name: "y", Volume: 2, Count: fixture.Int(1)}, {Subject: "a", Name: "x", Volume: 1, Count: nil}, {Subject: "b", Name: "a", Volume: 3, Count: nil}}, fs.ErrNotExist},
			{"empty", nil, nil},
		} {
			dir, db := t.TempDir(), fixture.NewDB(t)
			fixture.NewTable(t, db, "region", test.first)
			if _, err := Write(t.Context(), db, Options{Dir: dir, Format: format}); err != nil {
				t.Fatal(err)
			}
			opts := Options{Dir: dir, Format: format, Existing: Merge, TempDir: filepath.Join(dir, "nowhere")}
			if _, err := Write(t.Context(), db, opts); !errors.Is(err, test.want) {
				t.Errorf("%v, %s: %v, want %v", format, test.name, err, test.want)
			}
		}
	}
}

// Order is looked at over the borders of chunks, too.
func TestInOrder(t *testing.T) {
	type row struct{ A, B int64 }
	room := cells.RowsOf(2)
	for _, test := range []struct {
		name string
		swap int // this row and the next, -1 for none
		want bool
	}{{"in order", -1, true}, {"first", 0, false}, {"last of a chunk", room - 1, false}, {"last", 2*room + 3, false}} {
		rows := make([]row, 2*room+5)
		for i := range rows {
			rows[i] = row{int64(i / 10), int64(i)}
		}
		if i := test.swap; i >= 0 {
			rows[i], rows[i+1] = rows[i+1], rows[i]
		}
		dir, db := t.TempDir(), fixture.NewDB(t)
		s := fixture.NewTable(t, db, "t", rows).Schema()
		if _, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV}); err != nil {
			t.Fatal(err)
		}
		d, err := formats.CSV.Decoder(filepath.Join(dir, "t.csv"), s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := inOrder(t.Context(), d, []int{0, 1}); got != test.want || err != nil {
			t.Errorf("%s: %t, %v, want %t", test.name, got, err, test.want)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Rows that do not come in the order of the key, against what was promised,
// end a merge instead of being put together wrongly.
func TestMergeOutOfOrder(t *testing.T) {
	db := fixture.NewDB(t)
	s := fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "a", Name: "y", Volume: 2, Count: nil}, {Subject: "a", Name: "x", Volume: 1, Count: nil}}).Schema()
	as := cells.TableStream(db, store.Select{Schema: s})
	sorted := cells.TableStream(db, store.Select{Schema: s, OrderBy: orderBy(db.Dialect(), s, s.Key())})
	for name, streams := range map[string][2]cells.Stream{"file": {as, sorted}, "table": {sorted, as}} {
		m, err := newMerge("region.csv", streams[0], streams[1], s.Key(), false)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.stream().Each(t.Context(), func(*cells.Chunk) error { return nil }); !errors.Is(err, errOrder) {
			t.Errorf("%s: %v, want %v", name, err, errOrder)
		}
	}
}

// A crash between the renaming of a file and the manifest leaves a manifest
// with narrower columns than the file has.
func TestMergeNewerThanManifest(t *testing.T) {
	type narrow struct {
		ID   int64 `db:"id,key"`
		Size int16
	}
	type wide struct {
		ID   int64 `db:"id,key"`
		Size int32
	}
	stop := errors.New("crash")
	for _, format := range []formats.Format{formats.CSV, formats.JSONLines} {
		dir, first, second := t.TempDir(), fixture.NewDB(t), fixture.NewDB(t)
		fixture.NewTable(t, first, "t", []narrow{{1, 1}, {3, 3}})
		fixture.NewTable(t, second, "t", []wide{{2, 100_000}})
		if _, err := Write(t.Context(), first, Options{Dir: dir, Format: format}); err != nil {
			t.Fatal(err)
		}
		opts := Options{Dir: dir, Format: format, Existing: Merge, step: func(step string) error {
			if step == "manifest" {
				return stop
			}
			return nil
		}}
		if _, err := Write(t.Context(), second, opts); !errors.Is(err, stop) {
			t.Fatalf("%v, want %v", err, stop)
		}
		opts.step = nil
		if _, err := Write(t.Context(), second, opts); err != nil {
			t.Fatalf("%v: %v", format, err)
		}
		db := fixture.NewDB(t)
		if _, err := load.Load(t.Context(), db, load.Options{Table: "t", Sources: []string{filepath.Join(dir, "t"+format.Extension())}}); err != nil {
			t.Fatal(err)
		}
		s, err := schema.Of[wide]()
		if err != nil {
			t.Fatal(err)
		}
		if m, err := ReadManifest(dir); err != nil || m.file("t" + format.Extension()).Columns[1].Spec != s.Columns()[1].Spec() {
			t.Errorf("%v: manifest %+v, %v", format, m, err)
		}
		type read struct{ ID, Size int64 }
		if diff := cmp.Diff([]read{{1, 1}, {2, 100_000}, {3, 3}}, fixture.All[read](t, db, "t")); diff != "" {
			t.Errorf("%v: rows (-want +got):\n%s", format, diff)
		}
	}
}

// What a killed export left of a file is removed by the next one of it, and
// nothing else.
func TestLeftoversOfKilledExportsAreRemoved(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}})
	keep := []string{".other.csv.new-12", ".region.csv.new-", ".region.csv.new-mine", "region.csv.new-12"}
	for _, name := range append([]string{".region.csv.new-12", ".manifest.json.new-3"}, keep...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV}); err != nil {
		t.Fatal(err)
	}
	leftovers(t, dir, keep[0], keep[1], keep[2], "manifest.json", "region.csv", keep[3])
}
