package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
)

type stat struct {
	Subject, Session, Name string
	Volume                 float64
	Count                  int64
}

var stats = []stat{
	{"b", "1", "Right", 4, 40}, {"a", "2", "Left", 3, 30}, {"a", "1", "Left", 1, 10}, {"a", "1", "Right", 2, 20},
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWideForm(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "stat", stats)
	wide := Wide{Index: []string{"subject", "session"}, Columns: []string{"name"}, Values: []string{"volume", "count"}}
	m, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV, Tables: []Table{{Name: "stat", Wide: &wide}}, CountDistinct: wide.Index})
	if err != nil {
		t.Fatal(err)
	}
	if f := m.Files[0]; f.Rows != 3 || f.Distinct.Count != 3 || f.Form != "wide" {
		t.Errorf("manifest: %+v", f)
	}
	one := wide
	one.OneTable = true
	if _, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV, Tables: []Table{{Name: "stat", Wide: &one}}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"stat.volume.wide.csv": "subject,session,Left,Right\na,1,1,2\na,2,3,\nb,1,,4\n",
		"stat.count.wide.csv":  "subject,session,Left,Right\na,1,10,20\na,2,30,\nb,1,,40\n",
		"stat.wide.csv": "subject,session,volume_Left,count_Left,volume_Right,count_Right\n" +
			"a,1,1,10,2,20\na,2,3,30,,\nb,1,,,4,40\n",
	} {
		if diff := cmp.Diff(want, content(t, filepath.Join(dir, name))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWideSeveralColumns(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "stat", stats)
	wide := Wide{Index: []string{"subject"}, Columns: []string{"session", "name"}, Values: []string{"count"}}
	if _, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV, Tables: []Table{{Name: "stat", Where: "subject < ?", Args: []any{"b"}, Wide: &wide}}}); err != nil {
		t.Fatal(err)
	}
	want := "subject,1_Left,1_Right,2_Left\na,10,20,30\n"
	if diff := cmp.Diff(want, content(t, filepath.Join(dir, "stat.count.wide.csv"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWideRefused(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "stat", append(stats, stat{"a", "1", "Left", 9, 9}))
	write := func(w Wide) error {
		_, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV, Tables: []Table{{Name: "stat", Wide: &w}}})
		return err
	}
	var duplicate *DuplicateError
	err := write(Wide{Index: []string{"subject", "session"}, Columns: []string{"name"}, Values: []string{"volume"}})
	if !errors.As(err, &duplicate) || duplicate.Key != "subject=a, session=1" || duplicate.Column != "Left" {
		t.Errorf("%v, want a DuplicateError", err)
	}
	var column *ColumnError
	if err := write(Wide{Index: []string{"subject"}, Columns: []string{"region"}, Values: []string{"volume"}}); !errors.As(err, &column) {
		t.Errorf("%v, want a ColumnError", err)
	}
	for _, w := range []Wide{
		{Columns: []string{"name"}, Values: []string{"volume"}},
		{Index: []string{"subject"}, Values: []string{"volume"}},
		{Index: []string{"subject"}, Columns: []string{"name"}, OneTable: true},
		{Index: []string{"subject"}, Columns: []string{"subject"}, Values: []string{"volume"}},
	} {
		if err := write(w); !errors.Is(err, ErrWide) {
			t.Errorf("%+v: %v, want %v", w, err, ErrWide)
		}
	}
	leftovers(t, dir)
}

// A wide file keeps the rows, the columns and the single values that the
// table has no more.
func TestWideMerge(t *testing.T) {
	dir := t.TempDir()
	wide := Wide{Index: []string{"subject", "session"}, Columns: []string{"name"}, Values: []string{"count"}}
	first, second := fixture.NewDB(t), fixture.NewDB(t)
	fixture.NewTable(t, first, "stat", stats)
	fixture.NewTable(t, second, "stat", []stat{{"a", "1", "Right", 2, 21}, {"c", "1", "Middle", 5, 50}, {"c", "1", "Left", 5, 51}})
	for _, db := range []*sqlite.DB{first, second} {
		if _, err := Write(t.Context(), db, Options{Dir: dir, Format: formats.CSV, Existing: Merge, Tables: []Table{{Name: "stat", Wide: &wide}}}); err != nil {
			t.Fatal(err)
		}
	}
	want := "subject,session,Left,Middle,Right\na,1,10,,21\na,2,30,,\nb,1,,,40\nc,1,51,50,\n"
	if diff := cmp.Diff(want, content(t, filepath.Join(dir, "stat.count.wide.csv"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Values that would name one column are refused, also when one of them is in an
// earlier file. Nothing is written.
func TestWideNamesThatCollide(t *testing.T) {
	testtime.Seconds(t)
	type part struct {
		Subject string
		Atlas   *string
		Name    string
		Volume  float64
	}
	text := func(s string) *string { return &s }
	underscored := []part{{"s", text("a_b"), "c", 1}, {"t", text("a"), "b_c", 2}}
	null := []part{{"s", nil, "c", 1}, {"t", text("NULL"), "c", 2}}
	wide := Wide{Index: []string{"subject"}, Columns: []string{"atlas", "name"}, Values: []string{"volume"}}
	for _, test := range []struct {
		rows  []part
		shown []string
	}{
		{underscored, []string{`(atlas="a_b", name="c")`, `(atlas="a", name="b_c")`, "a_b_c"}},
		{null, []string{`(atlas=NULL, name="c")`, `(atlas="NULL", name="c")`, "NULL_c"}},
	} {
		mentions := func(err error) {
			t.Helper()
			for _, word := range test.shown {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %s", err, word)
				}
			}
		}
		for _, one := range []bool{false, true} {
			wide.OneTable = one
			write := func(dir string, rows ...part) error {
				db := fixture.NewDB(t)
				fixture.NewTable(t, db, "part", rows)
				_, err := Write(t.Context(), db, Options{Dir: dir, Existing: Merge, Tables: []Table{{Name: "part", Wide: &wide}}})
				return err
			}
			dir := t.TempDir()
			err := write(dir, test.rows...)
			if !errors.Is(err, ErrWide) {
				t.Fatalf("%v, want %v", err, ErrWide)
			}
			mentions(err)
			leftovers(t, dir)
			if err := write(dir, test.rows[0]); err != nil {
				t.Fatal(err)
			}
			// A merge without that column keeps what is known of it.
			if err := write(dir, part{"u", text("z"), "z", 3}); err != nil {
				t.Fatal(err)
			}
			err = write(dir, test.rows[1])
			var merge *MergeError
			if !errors.As(err, &merge) {
				t.Fatalf("%v, want a MergeError", err)
			}
			mentions(err)
		}
	}
}
