package export

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/sqlite"
)

// Rows of every type go from Go to SQLite, from there into a file, back into
// another table, and are the same.
func TestRoundTrip(t *testing.T) {
	testtime.Minutes(t)
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		t.Run(format.String(), func(t *testing.T) {
			dir := t.TempDir()
			rapid.Check(t, func(rt *rapid.T) {
				db, err := sqlite.OpenMemory(t.Context(), sqlite.Options{})
				if err != nil {
					rt.Fatal(err)
				}
				defer db.Close()
				rows := make([]fixture.Kinds, rapid.IntRange(0, 20).Draw(rt, "rows"))
				for i := range rows {
					rows[i] = fixture.DrawKinds(rt, int64(i))
				}
				from, to := "from", "to"
				fixture.NewTable(t, db, from, rows)
				fixture.NewTable(t, db, to, []fixture.Kinds(nil))
				m, err := Write(t.Context(), db, Options{Dir: dir, Format: format, Tables: []Table{{Name: from}}, Existing: Replace})
				if err != nil {
					rt.Fatal(err)
				}
				res, err := load.Load(t.Context(), db, load.Options{Table: to, Sources: []string{filepath.Join(dir, m.Files[0].Name)}})
				if err == nil {
					err = res.Files[0].Err
				}
				if err != nil {
					rt.Fatal(err)
				}
				if diff := cmp.Diff(rows, fixture.All[fixture.Kinds](t, db, to), fixture.SameKinds, cmp.Transformer("none", func(k []fixture.Kinds) []fixture.Kinds {
					if k == nil {
						return []fixture.Kinds{}
					}
					return k
				})); diff != "" {
					rt.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Tables of as many rows as a chunk has, and one less and more, go through
// files and are verified.
func TestRoundTripBoundaries(t *testing.T) {
	testtime.Minutes(t)
	room := cells.RowsOf(4)
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		for _, rows := range []int{0, 1, room - 1, room, room + 1, 2 * room, 3*room + 1} {
			want := make([]fixture.Region, rows)
			for i := range want {
				want[i] = fixture.Region{Subject: fmt.Sprintf("s%06d", i/7), Name: fmt.Sprint("n", i%7), Volume: float64(i) / 3, Count: fixture.Int(int64(i))}
				if i%room == room-1 || i%room == 0 || i%100 == 7 {
					want[i].Count = nil
				}
			}
			db, dir := fixture.NewDB(t), t.TempDir()
			fixture.NewTable(t, db, "region", want)
			if _, err := Write(t.Context(), db, Options{Dir: dir, Format: format, Clear: true}); err != nil {
				t.Fatalf("%v, %d rows: %v", format, rows, err)
			}
			got := read(t, filepath.Join(dir, "region"+format.Extension()))
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%v, %d rows (-want +got):\n%s", format, rows, diff)
			}
		}
	}
}

// NULL in a table of one column is a line that no reader skips, and comes back.
func TestOneColumnOfNULL(t *testing.T) {
	type text struct{ V *string }
	type number struct{ V *int64 }
	a, seven := "a", int64(7)
	oneColumn(t, []text{{nil}, {&a}, {nil}}, "v\n\"\"\na\n\"\"\n")
	oneColumn(t, []number{{&seven}, {nil}}, "v\n7\n\"\"\n")
	empty := ""
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "one", []text{{nil}, {&empty}})
	var value *schema.ValueError
	if _, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV}); !errors.As(err, &value) || value.Column != "v" {
		t.Errorf("an empty text beside NULL: %v, want a ValueError", err)
	}
	leftovers(t, dir)
}

// oneColumn exports rows of one column, clears the database, and imports the
// file into a table that exists and into one that does not.
func oneColumn[T any](t *testing.T, rows []T, want string) {
	t.Helper()
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "one", rows)
	if _, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV, Clear: true}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "one.csv")
	if diff := cmp.Diff(want, content(t, path)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, exists := range []bool{true, false} {
		again := fixture.NewDB(t)
		if exists {
			fixture.NewTable(t, again, "one", []T(nil))
		}
		res, err := load.Load(t.Context(), again, load.Options{Table: "one", Sources: []string{path}})
		if err == nil {
			err = res.Files[0].Err
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows, fixture.All[T](t, again, "one")); diff != "" {
			t.Errorf("the table existed %v (-want +got):\n%s", exists, diff)
		}
	}
}
