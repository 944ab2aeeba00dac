package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

func TestClearSince(t *testing.T) {
	testtime.Seconds(t)
	s := pointSchema(t, "points")
	insert := func(t *testing.T, db *DB, ps points) {
		t.Helper()
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: ps}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name  string
		write func(t *testing.T, db *DB)
		want  error
	}{
		{"nothing", func(*testing.T, *DB) {}, nil},
		{"reads", func(t *testing.T, db *DB) {
			if n := len(readPoints(t, db, s)); n != 5 {
				t.Errorf("%d rows, want 5", n)
			}
			if _, err := db.Checkpoint(t.Context(), Truncate); err != nil {
				t.Error(err)
			}
		}, nil},
		{"own rows", func(t *testing.T, db *DB) { insert(t, db, makePoints(5, 1)) }, ErrChanged},
		{"own rows by an image", func(t *testing.T, db *DB) { insert(t, db, makePoints(5, 500)) }, ErrChanged},
		{"another connection's rows", func(t *testing.T, db *DB) {
			c, err := sqlite3.Open(db.Path())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Exec("UPDATE points SET x = x + 1"); err != nil {
				t.Error(err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}, ErrChanged},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := tempPath(t)
			db := openTest(t, path, Options{})
			ensured(t, db)
			insert(t, db, makePoints(0, 5))
			m, err := db.Mark(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			test.write(t, db)
			err = db.ClearSince(t.Context(), m)
			if !errors.Is(err, test.want) {
				t.Fatalf("ClearSince: %v, want %v", err, test.want)
			}
			_, statErr := os.Stat(path)
			if gone := errors.Is(statErr, fs.ErrNotExist); gone != (test.want == nil) {
				t.Errorf("the file is gone: %t, with the error %v", gone, err)
			}
			if test.want == nil {
				return
			}
			// It goes on as if nothing had been, for others too.
			c, err := sqlite3.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Exec("UPDATE points SET x = x - 1"); err != nil {
				t.Errorf("another connection: %v", err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			before := len(readPoints(t, db, s))
			insert(t, db, makePoints(1000, 3))
			if n := len(readPoints(t, db, s)); n != before+3 {
				t.Errorf("%d rows, want %d", n, before+3)
			}
			if m, err = db.Mark(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.ClearSince(t.Context(), m); err != nil {
				t.Errorf("ClearSince once more: %v", err)
			}
		})
	}
}

func TestShapeOfQueries(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	ensured(t, db, func(cols []schema.Column) { cols[1].Type = schema.Bool })
	got, err := db.Shape(t.Context(), `SELECT n, x AS "a b", count(*), name || 'x' FROM points`)
	if err != nil {
		t.Fatal(err)
	}
	want := []schema.Column{
		{Name: "n", Type: schema.Bool, Nullable: true},
		{Name: "a b", Type: schema.Float64, Nullable: true},
		{Name: "count(*)", Nullable: true},
		{Name: "name || 'x'", Nullable: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	for _, sql := range []string{"DELETE FROM points", "SELECT 1; SELECT 2", "CREATE TABLE x (y)", "nonsense", ""} {
		if _, err := db.Shape(t.Context(), sql); err == nil {
			t.Errorf("%q has a shape", sql)
		}
	}
}
