package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file that is whole, and yet not what was read from the database, is found
// by its rows and by the sum of each column.
func TestVerify(t *testing.T) {
	for _, format := range []Format{Parquet, CSV, JSONLines} {
		db, dir := newDB(t), t.TempDir()
		newTable(t, db, "region", []region{{"a", "x", 1, nil}, {"a", "y", 2, n(0)}})
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
	rows := []region{{"a", "x", 1, nil}, {"a", "y", 2, n(0)}}
	others := []region{{"b", "x", 5, nil}}
	for _, format := range []Format{Parquet, CSV, JSONLines} {
		for _, name := range []string{"one", "two"} {
			for _, damage := range []func(b []byte) []byte{
				func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
				func(b []byte) []byte { return b[:len(b)-1] },
				func([]byte) []byte { return nil },
			} {
				db, dir := newDB(t), t.TempDir()
				newTable(t, db, "one", rows)
				newTable(t, db, "two", others)
				path := filepath.Join(dir, name+formats[format].extension)
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
				if diff := cmp.Diff(rows, all[region](t, db, "one")); diff != "" {
					t.Errorf("the database afterwards (-want +got):\n%s", diff)
				}
			}
		}
	}
}

// The sums tell values apart that are easily taken for one another.
func TestDigest(t *testing.T) {
	sum := func(rows ...region) string {
		t.Helper()
		db := newDB(t)
		tbl := newTable(t, db, "region", rows)
		d := newDigest(4)
		err := tableStream(db, storeSelect(tbl.Schema())).each(t.Context(), func(c *chunk) error {
			d.add(c)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, s := range d.sums() {
			all += s
		}
		return all
	}
	seen := map[string]int{}
	for i, rows := range [][]region{
		{}, {{"a", "b", 1, nil}}, {{"a", "b", 1, n(0)}}, {{"ab", "", 1, nil}}, {{"", "ab", 1, nil}}, {{"a", "b", 2, nil}},
		{{"a", "b", 1, nil}, {"c", "d", 1, n(0)}}, {{"a", "b", 1, n(0)}, {"c", "d", 1, nil}}, {{"c", "d", 1, n(0)}, {"a", "b", 1, nil}},
		{{"ac", "b", 1, nil}, {"", "d", 1, n(0)}},
	} {
		s := sum(rows...)
		if k, twice := seen[s]; twice {
			t.Errorf("tables %d and %d have the same sums", k, i)
		}
		seen[s] = i
	}
}
