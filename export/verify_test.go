package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
)

// A file that is whole, and yet not what was read from the database, is found
// by its rows and by the sum of each column.
func TestVerifyFindsOtherRows(t *testing.T) {
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		db, dir := fixture.NewDB(t), t.TempDir()
		fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}, {Subject: "a", Name: "y", Volume: 2, Count: fixture.Int(0)}})
		m, err := Write(t.Context(), db, Options{Dir: dir, Format: format})
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.Files[0].schema()
		if err != nil {
			t.Fatal(err)
		}
		w := &writing{opts: Options{Dir: dir, Format: format}}
		check := func(what string, change func(f *File), want bool) {
			t.Helper()
			j := &job{name: m.Files[0].Name, result: s, entry: m.Files[0]}
			j.entry.Columns = append([]Column(nil), j.entry.Columns...)
			change(&j.entry)
			var wrong *VerifyError
			if err := j.verify(t.Context(), w); errors.As(err, &wrong) != want || !want && err != nil {
				t.Errorf("%v, %s: %v", format, what, err)
			}
		}
		check("as written", func(*File) {}, false)
		check("a row more", func(f *File) { f.Rows++ }, true)
		check("another file", func(f *File) { f.SHA256 = "0" }, true)
		for i, c := range m.Files[0].Columns {
			check("another "+c.Name, func(f *File) { f.Columns[i].Sum = "0" }, true)
		}
	}
}

// A file that a disk has damaged since it was written, in one bit or by its
// length, keeps the database from being cleared, whichever file it is.
func TestDamagedBeforeClear(t *testing.T) {
	testtime.Seconds(t)
	rows := []fixture.Region{{Subject: "a", Name: "x", Volume: 1, Count: nil}, {Subject: "a", Name: "y", Volume: 2, Count: fixture.Int(0)}}
	others := []fixture.Region{{Subject: "b", Name: "x", Volume: 5, Count: nil}}
	for _, format := range []formats.Format{formats.Parquet, formats.CSV, formats.JSONLines} {
		for _, name := range []string{"one", "two"} {
			for _, damage := range []func(b []byte) []byte{
				func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
				func(b []byte) []byte { return b[:len(b)-1] },
				func([]byte) []byte { return nil },
			} {
				db, dir := fixture.NewDB(t), t.TempDir()
				fixture.NewTable(t, db, "one", rows)
				fixture.NewTable(t, db, "two", others)
				path := filepath.Join(dir, name+format.Extension())
				_, err := Write(t.Context(), db, Options{Dir: dir, Format: format, Clear: true, step: func(step string) error {
					if !strings.HasPrefix(step, "verify "+name) {
						return nil
					}
					b, err := os.ReadFile(path)
					if err != nil {
						return err
					}
					return os.WriteFile(path, damage(b), 0o600)
				}})
				var wrong *VerifyError
				if !errors.As(err, &wrong) || wrong.File != path {
					t.Errorf("%s was damaged: error is %v, want a *VerifyError that names it", path, err)
					continue
				}
				if diff := cmp.Diff(rows, fixture.All[fixture.Region](t, db, "one")); diff != "" {
					t.Errorf("the database afterwards (-want +got):\n%s", diff)
				}
			}
		}
	}
}

// The sums differ for values that are easily confused.
func TestDigestsOfSimilarValuesDiffer(t *testing.T) {
	sum := func(rows ...fixture.Region) string {
		t.Helper()
		db := fixture.NewDB(t)
		tbl := fixture.NewTable(t, db, "region", rows)
		d := cells.NewDigest(4)
		err := cells.TableStream(db, store.Select{Schema: tbl.Schema()}).Each(t.Context(), func(c *cells.Chunk) error {
			d.Add(c)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, s := range d.Sums() {
			all += s
		}
		return all
	}
	seen := map[string]int{}
	for i, rows := range [][]fixture.Region{
		{}, {{Subject: "a", Name: "b", Volume: 1, Count: nil}}, {{Subject: "a", Name: "b", Volume: 1, Count: fixture.Int(0)}}, {{Subject: "ab", Name: "", Volume: 1, Count: nil}}, {{Subject: "", Name: "ab", Volume: 1, Count: nil}}, {{Subject: "a", Name: "b", Volume: 2, Count: nil}},
		{{Subject: "a", Name: "b", Volume: 1, Count: nil}, {Subject: "c", Name: "d", Volume: 1, Count: fixture.Int(0)}}, {{Subject: "a", Name: "b", Volume: 1, Count: fixture.Int(0)}, {Subject: "c", Name: "d", Volume: 1, Count: nil}}, {{Subject: "c", Name: "d", Volume: 1, Count: fixture.Int(0)}, {Subject: "a", Name: "b", Volume: 1, Count: nil}},
		{{Subject: "ac", Name: "b", Volume: 1, Count: nil}, {Subject: "", Name: "d", Volume: 1, Count: fixture.Int(0)}},
	} {
		s := sum(rows...)
		if k, twice := seen[s]; twice {
			t.Errorf("tables %d and %d have the same sums", k, i)
		}
		seen[s] = i
	}
}
