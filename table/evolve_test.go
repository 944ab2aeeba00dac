package table_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// dump is everything in the database, through a connection that knows nothing
// of galley: what its tables are, and their rows.
func dump(t testing.TB, path string) string {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var b strings.Builder
	read := func(sql string) (rows [][]string) {
		s, _, err := c.Prepare(sql)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for s.Step() {
			var row []string
			for i := range s.ColumnCount() {
				row = append(row, fmt.Sprintf("%v %q", s.ColumnType(i), s.ColumnText(i)))
			}
			rows = append(rows, row)
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	fmt.Fprintln(&b, read("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2"))
	s, _, err := c.Prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for s.Step() {
		name := s.ColumnText(0)
		fmt.Fprintln(&b, name, read("SELECT * FROM "+sqlite3.QuoteIdentifier(name)))
	}
	return b.String()
}

// byHand runs SQL as another program does.
func byHand(t testing.TB, path string, statements ...string) {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, sql := range append([]string{"PRAGMA busy_timeout=5000"}, statements...) {
		if err := c.Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// The versions of a struct.
type (
	reading struct {
		Subject string `db:"subject,key"`
		Volume  float64
		Voxels  int64
		Note    *string
	}
	readingKey struct {
		Subject string `db:"subject,key"`
		Volume  float64
		Voxels  int64 `db:"voxels,key"`
		Note    *string
	}
	readingNarrow struct {
		Subject string `db:"subject,key"`
		Volume  float64
		Voxels  int32
		Note    *string
	}
	readingNotNull struct {
		Subject string `db:"subject,key"`
		Volume  float64
		Voxels  int64
		Note    *string
		Atlas   string
	}
	readingDropped struct {
		Subject string `db:"subject,key"`
		Volume  float64
		Note    *string
	}
	readingStrictNote struct {
		Subject string `db:"subject,key"`
		Volume  float64
		Voxels  int64
		Note    string
	}
	readingUnit struct {
		Subject string    `db:"subject,key"`
		Volume  time.Time `db:"volume"`
		Voxels  int64
		Note    *string
	}
	readingMore struct {
		Subject string `db:"subject,key"`
		Volume  float64
		Voxels  int64 `db:"voxels,index"`
		Note    *string
		Atlas   string `db:"atlas,default='aparc',index=place"`
		Hemi    *string
	}
	readingRenamed struct {
		Subject string  `db:"subject,key"`
		Size    float64 `db:"size_mm3,was=volume"`
		Voxels  int64
		Note    *string
	}
)

func openAs[T any](how store.Evolution) func(context.Context, store.Backend) error {
	return func(ctx context.Context, b store.Backend) error {
		_, err := table.Open(ctx, b, table.Options[T]{Name: "readings", Evolve: how})
		return err
	}
}

// TestEvolveRefused: what a policy does not allow is an error that names table,
// column, have and want, and the file is as it was.
func TestEvolveRefused(t *testing.T) {
	cases := []struct {
		name string
		open func(context.Context, store.Backend) error
		want []schema.Change // without SQL and Risk
	}{
		{"changed key", openAs[readingKey](store.Additive),
			[]schema.Change{{Kind: schema.KeyChanged, Want: "subject, voxels", Have: "subject"}}},
		{"narrowed type", openAs[readingNarrow](store.Additive),
			[]schema.Change{{Kind: schema.Narrowed, Column: "voxels", Want: "int32", Have: "int64"}}},
		{"NOT NULL without a default", openAs[readingNotNull](store.Additive),
			[]schema.Change{{Kind: schema.Added, Column: "atlas", Want: "text"}}},
		{"dropped column", openAs[readingDropped](store.Additive),
			[]schema.Change{{Kind: schema.Dropped, Column: "voxels", Have: "int64"}}},
		{"no longer NULL", openAs[readingStrictNote](store.Additive),
			[]schema.Change{{Kind: schema.NullChanged, Column: "note", Want: "text", Have: "text null"}}},
		{"another type", openAs[readingUnit](store.Additive),
			[]schema.Change{{Kind: schema.Narrowed, Column: "volume", Want: "time us", Have: "float64"}}},
		{"anything, strictly", openAs[readingMore](store.Strict), []schema.Change{
			{Kind: schema.Added, Column: "atlas", Want: `text index=place default="'aparc'"`},
			{Kind: schema.Added, Column: "hemi", Want: "text null"},
			{Kind: schema.IndexAdded, Want: "voxels (voxels)"},
			{Kind: schema.IndexAdded, Want: "place (atlas)"}}},
		{"a rename, strictly", openAs[readingRenamed](store.Strict),
			[]schema.Change{{Kind: schema.Renamed, Column: "size_mm3", Want: "size_mm3", Have: "volume"}}},
		{"NOT NULL without a default, rebuilt", openAs[readingNotNull](store.Rebuild),
			[]schema.Change{{Kind: schema.Added, Column: "atlas", Want: "text"}}},
	}
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[reading]{Name: "readings"})
	if err := tab.Append(t.Context(), []reading{{"a", 1.5, 1 << 40, nil}, {"b", 2, 3, new(string)}}); err != nil {
		t.Fatal(err)
	}
	before := dump(t, path)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := c.open(t.Context(), db)
			var mismatch *store.MismatchError
			if !errors.As(err, &mismatch) {
				t.Fatalf("error %v, want a *MismatchError", err)
			}
			if mismatch.Table != "readings" || mismatch.Path == "" {
				t.Errorf("table %q in %q", mismatch.Table, mismatch.Path)
			}
			var got []schema.Change
			for _, change := range mismatch.Changes {
				for _, text := range []string{change.Column, change.Want, change.Have} {
					if !strings.Contains(err.Error(), text) {
						t.Errorf("%q is not in the message: %v", text, err)
					}
				}
				change.SQL, change.Risk = "", 0
				got = append(got, change)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, dump(t, path)); diff != "" {
				t.Errorf("the file has changed (-before +after):\n%s", diff)
			}
		})
	}
}

// TestEvolveHistory: each change of a table stands in the file, with the
// fingerprint that the table has from then on.
func TestEvolveHistory(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	for _, open := range []func(context.Context, store.Backend) error{
		openAs[reading](store.Strict), openAs[reading](store.Additive),
		openAs[readingMore](store.Additive), openAs[reading](store.Additive), openAs[readingMore](store.Strict),
		openAs[readingRenamed](store.Rebuild),
	} {
		if err := open(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	type entry struct{ Fingerprint, Changes string }
	var got []entry
	for e, err := range store.Query[entry](t.Context(), db, "SELECT fingerprint, changes FROM galley_history ORDER BY id") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	print := func(s *schema.Schema, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return s.Fingerprint()
	}
	want := []entry{
		{print(schema.Of[reading]()), "created"},
		{print(schema.Of[readingMore]()), `column added "atlas": want text index=place default="'aparc'" (safe)` + "\n" +
			`column added "hemi": want text null (safe)` + "\n" +
			`index added: want voxels (voxels) (safe)` + "\n" + `index added: want place (atlas) (safe)`},
		{print(schema.Of[readingRenamed]()), "rebuilt\n" +
			"index dropped: have voxels (voxels) (safe)\nindex dropped: have place (atlas) (safe)\n" +
			`column renamed "size_mm3": have volume, want size_mm3 (safe)` + "\n" +
			`column dropped "atlas": have text index=place default="'aparc'" (lossy)` + "\n" +
			`column dropped "hemi": have text null (lossy)`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	have, err := db.Describe(t.Context(), "readings")
	if print(have, err) != want[2].Fingerprint {
		t.Errorf("Describe gives another fingerprint than the history")
	}
}

// TestPlan lists what it would take, with SQL and risk, and runs nothing.
func TestPlan(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	if changes, err := table.Plan[readingMore](t.Context(), db, "readings"); err != nil || changes != nil {
		t.Errorf("no table: %v, %v", changes, err)
	}
	openTable(t, db, table.Options[reading]{Name: "readings"})
	before := dump(t, path)
	changes, err := table.Plan[readingMore](t.Context(), db, "readings")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.SQL+" -- "+c.Risk.String())
	}
	want := []string{
		`ALTER TABLE "readings" ADD COLUMN "atlas" TEXT NOT NULL DEFAULT 'aparc' -- safe`,
		`ALTER TABLE "readings" ADD COLUMN "hemi" TEXT -- safe`,
		`CREATE INDEX "readings_voxels_idx" ON "readings" ("voxels") -- safe`,
		`CREATE INDEX "readings_place_idx" ON "readings" ("atlas") -- safe`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if dump(t, path) != before {
		t.Error("Plan has changed the file")
	}
}

// TestAlteredByHand: a table that was altered by other means is refused, before
// anything is made of it.
func TestAlteredByHand(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	openTable(t, db, table.Options[reading]{Name: "readings"})
	byHand(t, path, "ALTER TABLE readings DROP COLUMN note")
	before := dump(t, path)
	for _, how := range []store.Evolution{store.Strict, store.Additive, store.Rebuild} {
		for _, open := range []func(context.Context, store.Backend) error{openAs[reading](how), openAs[readingMore](how)} {
			var mismatch *store.MismatchError
			if err := open(t.Context(), db); !errors.As(err, &mismatch) {
				t.Errorf("policy %d: error %v, want a *MismatchError", how, err)
			}
		}
	}
	if diff := cmp.Diff(before, dump(t, path)); diff != "" {
		t.Errorf("the file has changed (-before +after):\n%s", diff)
	}
}
