package table_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// dump is everything in the database, read through a plain connection: its
// tables and their rows.
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
	readingMore struct {
		Subject string `db:"subject,key"`
		Volume  float64
		Voxels  int64 `db:"voxels,index"`
		Note    *string
		Atlas   string `db:"atlas,default='aparc',index=place"`
		Hemi    *string
	}
)

func openAs[T any](how store.Evolution) func(context.Context, store.Backend) error {
	return func(ctx context.Context, b store.Backend) error {
		_, err := table.Open(ctx, b, table.Options[T]{Name: "readings", Evolve: how})
		return err
	}
}

// TestPlanChangesNothing lists what it would take, with SQL and risk, and runs nothing.
func TestPlanChangesNothing(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	if changes, err := table.Plan(t.Context(), db, table.Options[readingMore]{Name: "readings"}); err != nil || changes != nil {
		t.Errorf("no table: %v, %v", changes, err)
	}
	openTable(t, db, table.Options[reading]{Name: "readings"})
	before := dump(t, path)
	changes, err := table.Plan(t.Context(), db, table.Options[readingMore]{Name: "readings"})
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
		`CREATE INDEX "galley_readings_voxels_idx_96fb0354ec4dd366" ON "readings" ("voxels") -- safe`,
		`CREATE INDEX "galley_readings_place_idx_ea1b96d907cf1d9b" ON "readings" ("atlas") -- safe`,
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
