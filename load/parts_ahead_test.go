package load

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
)

// TestPartsAhead: parts that are stored behind a row up to which this import has
// nothing, because its parts are smaller or one was removed, are those of an earlier
// import, and the error does not call it one that runs.
func TestPartsAhead(t *testing.T) {
	type row struct {
		Batch string `db:"batch,batch"`
		A     int64
	}
	for name, c := range map[string]struct {
		begun, again int  // rows of a part
		forget       bool // the first part
	}{
		"smaller parts":  {20_000, 8192, false},
		"a removed part": {8192, 8192, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := put(t, map[string]string{"a.csv": "a\n" + strings.Repeat("1\n", 60_000)})
			db := fixture.NewDB(t)
			tab := fixture.NewTable(t, db, "t", []row(nil))
			opts := Options{Table: "t", Sources: []string{filepath.Join(dir, "a.csv")}, Base: dir, PartRows: c.begun}
			res, err := Load(t.Context(), &fixture.Stopping{Backend: db, After: 2}, opts)
			if err != nil || !errors.Is(res.Files[0].Err, fixture.ErrEnough) {
				t.Fatalf("%v, %v", err, res.Files[0].Err)
			}
			for key, err := range tab.Keys(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if c.forget && strings.HasSuffix(key, "-008192") {
					if _, err := tab.Forget(t.Context(), key); err != nil {
						t.Fatal(err)
					}
				}
			}
			before, err := tab.Count(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			opts.PartRows = c.again
			if res, err = Load(t.Context(), db, opts); err != nil || !errors.Is(res.Files[0].Err, ErrOtherParts) {
				t.Errorf("%v, %v; want %v", err, res.Files[0].Err, ErrOtherParts)
			}
			if n, err := tab.Count(t.Context()); n != before || err != nil {
				t.Errorf("%d rows, %v; want the %d from before", n, err, before)
			}
			opts.Replace = true
			if res, err = Load(t.Context(), db, opts); err != nil || res.Failed() > 0 {
				t.Fatalf("replaced: %v, %v", err, res.Files[0].Err)
			}
			if n, err := tab.Count(t.Context()); n != 60_000 || err != nil {
				t.Errorf("replaced: %d rows, %v; want 60000", n, err)
			}
		})
	}
}
