package export

import (
	"errors"
	"testing"
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
