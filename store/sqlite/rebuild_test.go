package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

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

func asked(t testing.TB, path, sql string) string {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, _, err := c.Prepare(sql)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var rows []string
	for s.Step() {
		rows = append(rows, s.ColumnText(0))
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, "\n")
}

// withHands is a table of points with everything around it that other programs
// may have made.
func withHands(t testing.TB, rows int) (path string, db *DB) {
	t.Helper()
	path = tempPath(t)
	db = openTest(t, path, Options{})
	s := ensured(t, db)
	if _, err := store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: makePoints(0, rows), Key: "k"}); err != nil {
		t.Fatal(err)
	}
	byHand(t, path,
		"CREATE TABLE seen (n INTEGER)",
		"CREATE INDEX by_hand ON points (name, n DESC) WHERE n > 10",
		"CREATE TRIGGER watch AFTER INSERT ON points BEGIN INSERT INTO seen VALUES (new.n); END",
		"CREATE VIEW large AS SELECT name, n, x FROM points WHERE n > 5",
		"CREATE TRIGGER other AFTER INSERT ON seen BEGIN DELETE FROM seen WHERE n NOT IN (SELECT n FROM points); END",
	)
	return path, db
}

// TestRebuildKeeps: a table of 100,000 rows gets other types, a key, an index
// and another order; what hands made around it works as before.
func TestRebuildKeeps(t *testing.T) {
	testtime.Seconds(t)
	const rows = 100_000
	path, db := withHands(t, rows)
	s, err := schema.New("points", []schema.Column{
		{Name: "x", Type: schema.Float64},
		{Name: "n", Type: schema.Int32, Key: true},
		{Name: "label", Type: schema.Text, Was: "name", Index: "label"},
		{Name: "fresh", Type: schema.Int8, Default: "3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	hands := func() string {
		return asked(t, path, "SELECT type || ' ' || name || ' ' || tbl_name FROM sqlite_schema WHERE name IN ('by_hand', 'watch', 'large', 'other') ORDER BY 1")
	}
	before := hands()
	if err := db.Ensure(t.Context(), s, store.RebuildAndDrop); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, hands()); diff != "" || strings.Count(before, "\n") != 3 {
		t.Errorf("what was made by hand (-before +after):\n%s", diff)
	}
	if got := asked(t, path, "SELECT sql FROM sqlite_schema WHERE name = 'by_hand'"); !strings.Contains(got, "label") || !strings.Contains(got, "n > 10") {
		t.Errorf("the index is %s", got)
	}
	n := int64(0)
	err = db.Query(t.Context(), store.Select{Schema: s}, func(r schema.Reader) (bool, error) {
		p := makePoints(int(n), 1)[0]
		if r.Float64(0) != p.X || r.Int64(1) != p.N || r.Text(2) != p.Name || r.Int64(3) != 3 {
			return false, fmt.Errorf("row %d is %v %v %v %v", n, r.Float64(0), r.Int64(1), r.Text(2), r.Int64(3))
		}
		n++
		return true, nil
	})
	if err != nil || n != rows {
		t.Errorf("%d rows, %v", n, err)
	}
	if got := asked(t, path, "SELECT count(*) FROM large"); got != fmt.Sprint(rows-6) {
		t.Errorf("the view has %s rows", got)
	}
	byHand(t, path, "INSERT INTO points (x, n, label) VALUES (1, -5, 'p')")
	if got := asked(t, path, "SELECT n FROM seen"); got != "-5" {
		t.Errorf("the trigger has seen %q; a rebuild is none of its business", got)
	}
}

// TestRebuildRefuses: whatever stands in the way, the file is as it was, also
// after all rows but the last have been rewritten.
func TestRebuildRefuses(t *testing.T) {
	testtime.Minutes(t)
	dependent := func(err error) bool {
		var mismatch *store.MismatchError
		return errors.As(err, &mismatch) && mismatch.Table == "points" && strings.Contains(mismatch.Reason, "no longer work") && mismatch.Hint != ""
	}
	column := func(name string, typ schema.Type) schema.Column { return schema.Column{Name: name, Type: typ} }
	name, n, x := column("name", schema.Text), column("n", schema.Int64), column("x", schema.Float64)
	narrow := column("n", schema.Int16)
	unique := name
	unique.Unique = "name"
	checked := x
	checked.Check = "x < 24999"
	nullless := column("more", schema.Text)
	cases := []struct {
		name    string
		columns []schema.Column
		hand    string // run before
		says    []string
		is      func(error) bool
		rows    int
	}{
		{name: "a value that does not fit", columns: []schema.Column{name, narrow, x},
			says: []string{`"points", row 32768`, `"n"`, "32768", "int64", "int16"},
			is: func(err error) bool {
				var row *store.RowError
				return errors.As(err, &row) && row.Row == 32768 && row.Column == "n" && errors.Is(err, schema.ErrOverflow)
			}, rows: 33_000},
		{name: "a rule that rows break", columns: []schema.Column{unique, n, x}, says: []string{`"points"`, "name"},
			is: func(err error) bool { return errors.Is(err, store.ErrConstraint) }},
		{name: "a check that the last rows break", columns: []schema.Column{name, n, checked}, says: []string{`"points"`, "x < 24999"},
			is: func(err error) bool { return errors.Is(err, store.ErrConstraint) }, rows: 100_000},
		{name: "a new column without a default", columns: []schema.Column{name, n, x, nullless, narrow}[:4], says: []string{`"points"`, `"more"`, "text"},
			is: func(err error) bool { return errors.As(err, new(*store.MismatchError)) }},
		{name: "a view that would break", columns: []schema.Column{name, n}, says: []string{`view "large"`, "no such column: x"}, is: dependent},
		{name: "an index that would break", columns: []schema.Column{n, x}, hand: "DROP VIEW large", says: []string{"by_hand", "name"}, is: dependent},
		{name: "a trigger that would break", columns: []schema.Column{name, x}, hand: "DROP VIEW large; DROP INDEX by_hand", says: []string{"trigger", "n"}, is: dependent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rows := max(c.rows, 1000)
			path, db := withHands(t, rows)
			if c.hand != "" {
				byHand(t, path, "PRAGMA foreign_keys=OFF", c.hand)
			}
			s, err := schema.New("points", c.columns)
			if err != nil {
				t.Fatal(err)
			}
			before := dumpFile(t, path)
			err = db.Ensure(t.Context(), s, store.RebuildAndDrop)
			if err == nil {
				t.Fatal("no error")
			}
			for _, text := range c.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q is not in the message: %v", text, err)
				}
			}
			if c.is != nil && !c.is(err) {
				t.Errorf("error is %v (%T)", err, err)
			}
			if dumpFile(t, path) != before {
				t.Error("the file has changed")
			}
			old := pointSchema(t, "points")
			if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: old, Rows: makePoints(rows, 40)}); err != nil {
				t.Errorf("the table takes no rows any more: %v", err)
			}
			if got, err := db.file.writer.conn.text("PRAGMA foreign_keys"); got != "1" || err != nil {
				t.Errorf("foreign_keys is %q, %v", got, err)
			}
			if got, err := db.file.writer.conn.text("PRAGMA legacy_alter_table"); got != "0" || err != nil {
				t.Errorf("legacy_alter_table is %q, %v", got, err)
			}
		})
	}
}

// TestRebuildEnds with its context, and leaves the table as it was.
func TestRebuildEnds(t *testing.T) {
	testtime.Seconds(t)
	path, db := withHands(t, 1000)
	before := dumpFile(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	s := pointSchema(t, "points", func(c []schema.Column) { c[1].Type = schema.Int32 })
	err := db.file.exclusively(ctx, func(w *writer) error {
		cancel()
		return w.ensure(ctx, s, store.Rebuild, false)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if dumpFile(t, path) != before {
		t.Error("the file has changed")
	}
}

// TestBrokenBefore: a view that did not work before the rebuild does not
// prevent it.
func TestBrokenBefore(t *testing.T) {
	path, db := withHands(t, 10)
	byHand(t, path, "CREATE VIEW broken AS SELECT absent FROM points")
	s := pointSchema(t, "points", func(c []schema.Column) { c[1].Type = schema.Int32 })
	if err := db.Ensure(t.Context(), s, store.Rebuild); err != nil {
		t.Error(err)
	}
}
