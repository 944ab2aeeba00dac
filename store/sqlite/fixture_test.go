package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"go.uber.org/goleak"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// point is the row of most tests here, without the help of reflection.
type point struct {
	Name string
	N    int64
	X    float64
}

type points []point

func (ps points) Len() int { return len(ps) }
func (ps points) Bind(i int, w schema.Writer) error {
	w.Text(0, ps[i].Name)
	w.Int64(1, ps[i].N)
	w.Float64(2, ps[i].X)
	return nil
}

// pointSchema returns the schema of points, changed by edit if it is given.
func pointSchema(t testing.TB, name string, edit ...func([]schema.Column)) *schema.Schema {
	t.Helper()
	cols := []schema.Column{
		{Name: "name", Type: schema.Text},
		{Name: "n", Type: schema.Int64},
		{Name: "x", Type: schema.Float64},
	}
	for _, e := range edit {
		e(cols)
	}
	s, err := schema.New(name, cols)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func uniqueN(cols []schema.Column) { cols[1].Unique = "n" }

// makePoints returns n points that count from first.
func makePoints(first, n int) points {
	ps := make(points, n)
	for i := range ps {
		ps[i] = point{fmt.Sprintf("p%d", (first+i)%7), int64(first + i), float64(first+i) / 4}
	}
	return ps
}

// tempPath returns the path of a database that does not exist yet, and checks
// its integrity at the end of the test if it does then, and that no goroutine
// is left.
func tempPath(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		checkIntegrity(t, path)
		goleak.VerifyNone(t, before)
	})
	return path
}

// checkIntegrity asks the engine, through a connection of its own, whether
// the file is whole.
func checkIntegrity(t testing.TB, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return
	}
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Errorf("open for the integrity check: %v", err)
		return
	}
	defer c.Close()
	s, _, err := c.Prepare("PRAGMA integrity_check")
	if err != nil {
		t.Errorf("integrity check: %v", err)
		return
	}
	defer s.Close()
	for s.Step() {
		if got := s.ColumnText(0); got != "ok" {
			t.Errorf("integrity check: %s", got)
		}
	}
	if err := s.Err(); err != nil {
		t.Errorf("integrity check: %v", err)
	}
}

// openTest opens the database at path and closes it at the end of the test.
func openTest(t testing.TB, path string, opts Options) *DB {
	t.Helper()
	db, err := Open(context.Background(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// ensured creates the table of points in db.
func ensured(t testing.TB, db *DB, edit ...func([]schema.Column)) *schema.Schema {
	t.Helper()
	s := pointSchema(t, "points", edit...)
	if err := db.Ensure(context.Background(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	return s
}

// readPoints returns all rows of a table of points.
func readPoints(t testing.TB, db *DB, s *schema.Schema) points {
	t.Helper()
	var ps points
	err := db.Query(context.Background(), store.Select{Schema: s}, func(r schema.Reader) (bool, error) {
		ps = append(ps, point{r.Text(0), r.Int64(1), r.Float64(2)})
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// wantPoints compares the rows of a table with want.
func wantPoints(t testing.TB, db *DB, s *schema.Schema, want points) {
	t.Helper()
	if diff := cmp.Diff(want, readPoints(t, db, s)); diff != "" {
		t.Errorf("rows of %s (-want +got):\n%s", s.Name(), diff)
	}
}
