package load

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
)

// crossing is a backend that does something once, before a batch of a file is stored,
// when the import has long looked at the ledger.
type crossing struct {
	store.Backend
	before int // that batch, from 0
	do     func()
	begun  int
}

func (c *crossing) Begin(b *store.Batch) (store.Insertion, error) {
	if c.begun++; c.begun == c.before+1 {
		c.do()
	}
	return c.Backend.Begin(b)
}

// TestAtOnce: two imports of a file with other options do not see each other when they
// begin. Whichever comes first, the file is stored once.
func TestAtOnce(t *testing.T) {
	type row struct {
		Batch string `db:"batch,batch"`
		A     int64
	}
	testtime.Seconds(t)
	const rows = 20_000
	var text strings.Builder
	text.WriteString("a\n")
	var all []int64
	for i := range rows {
		fmt.Fprintln(&text, i)
		all = append(all, int64(i))
	}
	forms := map[string]Options{
		"whole":          {},
		"parts of 10000": {PartRows: 10_000},
		"parts of 8192":  {PartRows: 8192},
		"replacing":      {Replace: true},
	}
	for key, named := range map[string]func(string) string{"file": nil, "caller": filepath.Base} {
		for first, one := range forms {
			for second, other := range forms {
				for before := range 3 {
					if first == second && first != "replacing" || before > 0 && one.PartRows == 0 {
						continue
					}
					t.Run(fmt.Sprintf("%s/%s after %d of %s", key, second, before, first), func(t *testing.T) {
						dir := put(t, map[string]string{"a.csv": text.String()})
						db := fixture.NewDB(t)
						tab := fixture.NewTable(t, db, "t", []row(nil))
						one, other := one, other
						for _, o := range []*Options{&one, &other} {
							o.Table, o.Sources, o.Base, o.Key = "t", []string{filepath.Join(dir, "a.csv")}, dir, named
						}
						run := func(to store.Backend, opts Options) error {
							res, err := Load(t.Context(), to, opts)
							if err != nil {
								t.Fatal(err)
							}
							return res.Files[0].Err
						}
						var otherErr error
						oneErr := run(&crossing{Backend: db, before: before, do: func() { otherErr = run(db, other) }}, one)
						for _, err := range []error{oneErr, otherErr} {
							if err != nil && !errors.Is(err, ErrAtOnce) && !errors.Is(err, ErrOtherParts) {
								t.Error(err)
							}
						}
						if n, err := tab.Count(t.Context()); err != nil || n > rows {
							t.Fatalf("%d rows are stored, %v; the file has %d", n, err, rows)
						}
						one.Replace = errors.Is(run(db, one), ErrOtherParts)
						if err := run(db, one); err != nil {
							t.Errorf("run again: %v", err)
						}
						var got []int64
						for r, err := range tab.All(t.Context()) {
							if err != nil {
								t.Fatal(err)
							}
							got = append(got, r.A)
						}
						slices.Sort(got)
						if diff := cmp.Diff(all, got); diff != "" {
							t.Errorf("rows (-want +got):\n%s", diff)
						}
					})
				}
			}
		}
	}
}

// TestAtOnceAnotherContent: two imports that have read other contents of a file do not
// store both.
func TestAtOnceAnotherContent(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": "a\n1\n"})
	db := fixture.NewDB(t)
	opts := Options{Table: "t", Sources: []string{filepath.Join(dir, "a.csv")}, Base: dir}
	res, err := Load(t.Context(), &crossing{Backend: db, do: func() {
		write(t, opts.Sources[0], "a\n2\n")
		if res, err := Load(t.Context(), db, opts); err != nil || res.Rows() != 1 {
			t.Errorf("the other import: %v, %d rows", err, res.Rows())
		}
	}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	if f := res.Files[0]; !errors.Is(f.Err, ErrAtOnce) && !errors.Is(f.Err, ErrSourceChanged) {
		t.Errorf("%v; want %v", f.Err, ErrAtOnce)
	}
	if rows := fixture.All[struct{ A int64 }](t, db, "t"); len(rows) != 1 || rows[0].A != 2 {
		t.Errorf("rows are %v, want those of one content", rows)
	}
}

// TestPartGone: an import whose earlier part is removed while it runs does not call
// the file stored.
func TestPartGone(t *testing.T) {
	type row struct {
		Batch string `db:"batch,batch"`
		A     int64
	}
	dir := put(t, map[string]string{"a.csv": "a\n" + strings.Repeat("1\n", 20_000)})
	db := fixture.NewDB(t)
	tab := fixture.NewTable(t, db, "t", []row(nil))
	opts := Options{Table: "t", Sources: []string{filepath.Join(dir, "a.csv")}, Base: dir, PartRows: 8192}
	res, err := Load(t.Context(), &crossing{Backend: db, before: 1, do: func() {
		for key, err := range tab.Keys(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if n, err := tab.Forget(t.Context(), key); err != nil || n != 8192 {
				t.Errorf("forgot %d rows, %v", n, err)
			}
		}
	}}, opts)
	if err != nil || !errors.Is(res.Files[0].Err, ErrAtOnce) {
		t.Fatalf("%v, %v; want %v", err, res.Files[0].Err, ErrAtOnce)
	}
	if res, err = Load(t.Context(), db, opts); err != nil || res.Failed() > 0 {
		t.Fatalf("%v, %v", err, res.Files[0].Err)
	}
	if n, err := tab.Count(t.Context()); err != nil || n != 20_000 {
		t.Errorf("%d rows, %v; want 20000", n, err)
	}
}

// TestTableAppears: a table that another import creates meanwhile, with other types, is
// no fault of this import's caller. The import says so, and works when it is run again.
func TestTableAppears(t *testing.T) {
	dir := put(t, map[string]string{"whole.csv": "v\n1\n", "parted.csv": "v\n1.5\n"})
	db := fixture.NewDB(t)
	run := func(to store.Backend, name string) error {
		res, err := Load(t.Context(), to, Options{Table: "t", Sources: []string{filepath.Join(dir, name)}, Base: dir})
		if err != nil {
			t.Fatal(err)
		}
		return res.Files[0].Err
	}
	err := run(&crossing{Backend: db, do: func() {
		if err := run(db, "parted.csv"); err != nil {
			t.Fatal(err)
		}
	}}, "whole.csv")
	var mismatch *store.MismatchError
	if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "run the import again") || strings.Contains(err.Error(), "Options.") {
		t.Errorf("%v, want a MismatchError that says to run the import again", err)
	}
	if err := run(db, "whole.csv"); err != nil {
		t.Errorf("run again: %v", err)
	}
}
