package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// rebuilt replaces the table of points by one of another declaration, with its rows.
func rebuilt(declare string) string {
	return "ALTER TABLE points RENAME TO old; CREATE TABLE points (" + declare + "; INSERT INTO points SELECT * FROM old; DROP TABLE old"
}

// TestTableChangedByHand: a table that was rebuilt by hand without STRICT, or with
// other columns, takes no rows and gives none, while it is open and when it is
// opened again.
func TestTableChangedByHand(t *testing.T) {
	for name, declare := range map[string]string{
		"not STRICT": "name TEXT NOT NULL, n INTEGER NOT NULL, x REAL NOT NULL)",
		"other type": "name TEXT NOT NULL, n TEXT NOT NULL, x REAL NOT NULL) STRICT",
		"nullable":   "name TEXT NOT NULL, n INTEGER, x REAL NOT NULL) STRICT",
		"renamed":    "name TEXT NOT NULL, m INTEGER NOT NULL, x REAL NOT NULL) STRICT",
		"collation":  "name TEXT NOT NULL COLLATE NOCASE, n INTEGER NOT NULL, x REAL NOT NULL) STRICT",
		"replacing":  "name TEXT NOT NULL, n INTEGER NOT NULL ON CONFLICT REPLACE, x REAL NOT NULL) STRICT",
	} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t)
			db := openTest(t, path, Options{})
			s := ensured(t, db)
			insert(t, db, s, 0, 10)
			wantPoints(t, db, s, makePoints(0, 10))
			must(t, openForeign(t, path).Exec(rebuilt(declare)))
			for _, n := range []int{1, 100} {
				res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(10, n)})
				if err == nil || res.Applied {
					t.Errorf("%d rows are stored: %+v, %v", n, res, err)
				}
			}
			rows := 0
			if err := db.Query(t.Context(), store.Select{Schema: s}, count(&rows)); err == nil || rows != 0 {
				t.Errorf("a query gives %d rows, %v", rows, err)
			}
			var mismatch *store.MismatchError
			if err := db.Ensure(t.Context(), s, store.Strict); !errors.As(err, &mismatch) {
				t.Errorf("Ensure: error is %v, want a *MismatchError", err)
			}
		})
	}
}

// TestTableGainedColumnByHand: a column added by hand, which rows may come
// without, stops no program that has the table open.
func TestTableGainedColumnByHand(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	insert(t, db, s, 0, 10)
	must(t, openForeign(t, path).Exec("ALTER TABLE points ADD COLUMN note TEXT"))
	insert(t, db, s, 10, 90)
	wantPoints(t, db, s, makePoints(0, 100))
}

// TestWrongTypeIsAnError: a value of another type than its column's is an error in
// every read, row by row, of many rows and of a query.
func TestWrongTypeIsAnError(t *testing.T) {
	testtime.Seconds(t)
	for _, n := range []int{3, bulkRows + 5} {
		for value, column := range map[string]string{"'abc'": "n", "2.5": "n", "'x'": "x", "X'01'": "name", "NULL": "n"} {
			path := filepath.Join(t.TempDir(), "test.db") // whose integrity is meant to be broken
			db := openTest(t, path, Options{})
			s := ensured(t, db)
			insert(t, db, s, 0, n)
			must(t, db.Close())
			declare := func(table string) {
				t.Helper()
				c := openForeign(t, path)
				must(t, c.Exec("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = "+schema.SQLite().Literal(table)+" WHERE name = 'points'"))
				must(t, c.Close())
			}
			declare("CREATE TABLE points (name, n, x)")
			c := openForeign(t, path)
			must(t, c.Exec("UPDATE points SET "+column+" = "+value+" WHERE n = 1"))
			must(t, c.Close())
			declare(s.CreateTable(schema.SQLite())[0])
			for _, q := range []store.Select{{Schema: s}, {Schema: s, Where: "1"}, {Schema: s, SQL: "SELECT * FROM points"}} {
				again := openTest(t, path, Options{})
				err := again.Query(t.Context(), q, func(r schema.Reader) (bool, error) {
					_, _, _ = r.Text(0), r.Int64(1), r.Float64(2)
					return true, store.ReadError(r)
				})
				var wrong *schema.ValueError
				if !errors.As(err, &wrong) || wrong.Column != column {
					t.Errorf("%d rows, %s in %s, %+v: error is %v, want a *schema.ValueError", n, value, column, q.SQL+q.Where, err)
				}
			}
		}
	}
}

// TestNullReads: NULL in a column that may be NULL reads as the zero value, a time
// too, by every path.
func TestNullReads(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s, err := schema.New("points", []schema.Column{
		{Name: "n", Type: schema.Int64, Nullable: true},
		{Name: "t", Type: schema.Time, Nullable: true},
		{Name: "r", Type: schema.Time, Unit: schema.RFC3339, Nullable: true},
		{Name: "x", Type: schema.Float64, Nullable: true, NaNNull: true},
	})
	must(t, err)
	must(t, db.Ensure(t.Context(), s, store.Strict))
	for _, rows := range []string{"3", fmt.Sprint(bulkRows + 5)} {
		sql(t, db, "INSERT INTO points WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM i WHERE i < "+rows+") SELECT NULL, NULL, NULL, NULL FROM i")
		for _, q := range []store.Select{{Schema: s}, {Schema: s, SQL: "SELECT * FROM points"}} {
			err := db.Query(t.Context(), q, func(r schema.Reader) (bool, error) {
				if n, x := r.Int64(0), r.Float64(3); n != 0 || x != 0 || !r.Time(1).IsZero() || !r.Time(2).IsZero() {
					t.Errorf("NULL reads as %d, %v, %v and %v", n, r.Time(1), r.Time(2), x)
				}
				return false, store.ReadError(r)
			})
			must(t, err)
		}
	}
}

// TestDroppedByHand: a table dropped by hand is created again without the
// keys of its batches, so that they can be stored again, and its history says so.
func TestDroppedByHand(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	store10 := func() (applied int) {
		for i := range 10 {
			res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(10*i, 10), Key: fmt.Sprint(i)})
			must(t, err)
			if res.Applied {
				applied++
			}
		}
		return applied
	}
	store10()
	must(t, openForeign(t, path).Exec("DROP TABLE points; DELETE FROM galley_columns"))
	must(t, db.Ensure(t.Context(), s, store.Strict))
	if n := store10(); n != 10 {
		t.Errorf("%d of 10 batches are stored again", n)
	}
	wantPoints(t, db, s, makePoints(0, 100))
	var history string
	must(t, db.file.exclusively(t.Context(), func(w *writer) (err error) {
		history, err = w.conn.text("SELECT changes FROM galley_history ORDER BY id DESC")
		return err
	}))
	if !strings.Contains(history, "removed 10 keys") {
		t.Errorf("the history says %q", history)
	}
}

// TestNameInOtherCase names the table that is in the file.
func TestNameInOtherCase(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	must(t, db.Ensure(t.Context(), pointSchema(t, "Volumes"), store.Strict))
	err := db.Ensure(t.Context(), pointSchema(t, "volumes"), store.Strict)
	if err == nil || !strings.Contains(err.Error(), `"Volumes"`) || strings.Contains(err.Error(), "drop") {
		t.Errorf("error is %v, want one that names Volumes", err)
	}
}

// TestTriggersKeepTheirClauses: a conflict clause in a trigger holds as it is
// written, for few rows and many, also in a trigger that comes while open.
func TestTriggersKeepTheirClauses(t *testing.T) {
	for _, n := range []int{2, 29, 100} {
		path := tempPath(t)
		db := openTest(t, path, Options{})
		s := ensured(t, db)
		insert(t, db, s, 0, n)
		must(t, openForeign(t, path).Exec("CREATE TABLE latest (id INTEGER PRIMARY KEY, n);"+
			"CREATE TRIGGER tr AFTER INSERT ON points BEGIN INSERT OR REPLACE INTO latest VALUES (1, new.n); END"))
		insert(t, db, s, n, n)
		wantPoints(t, db, s, makePoints(0, 2*n))
	}
}

// TestDeferredForeignKey: a row that breaks a deferred foreign key fails alone, and
// alone goes into quarantine.
func TestDeferredForeignKey(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	sql(t, db, "CREATE TABLE parent (id INTEGER PRIMARY KEY); INSERT INTO parent VALUES (1);"+
		"CREATE TABLE child (id INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED);"+
		"CREATE TRIGGER tr AFTER INSERT ON points BEGIN INSERT INTO child VALUES (new.n); END")
	rows := []points{{{"a", 1, 1}}, {{"b", 99, 1}}, {{"c", 1, 1}}}
	errs := together(t, db, s, rows...)
	if errs[0] != nil || !errors.Is(errs[1], store.ErrConstraint) || errs[2] != nil {
		t.Errorf("errors are %v, want one of the second batch", errs)
	}
	res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: points{{"d", 1, 1}, {"e", 99, 1}, {"f", 1, 1}}, Quarantine: true})
	if diff := cmp.Diff(store.Result{Applied: true, Inserted: 2, Rejected: 1}, res); diff != "" || err != nil {
		t.Errorf("quarantine (-want +got): %s%v", diff, err)
	}
	wantPoints(t, db, s, points{{"a", 1, 1}, {"c", 1, 1}, {"d", 1, 1}, {"f", 1, 1}})
}

// together stores batches as the members of one group, and returns their errors.
func together(t *testing.T, db *DB, s *schema.Schema, batches ...points) []error {
	t.Helper()
	errs := make([]error, len(batches))
	var wg sync.WaitGroup
	must(t, db.file.exclusively(t.Context(), func(w *writer) error {
		for i, ps := range batches {
			wg.Add(1)
			go func() {
				defer wg.Done()
				_, errs[i] = store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: ps})
			}()
			for db.file.queue.len() <= i {
			}
		}
		return nil
	}))
	wg.Wait()
	return errs
}

// TestUpsertCountsByTheTable: a unique rule that the table has and the schema lacks
// counts for an upsert.
func TestUpsertCountsByTheTable(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db, func(c []schema.Column) { c[0].Key = true })
	sql(t, db, "CREATE UNIQUE INDEX by_hand ON points(n)")
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: points{{"a", 10, 1}}})
	must(t, err)
	rows := points{{"a", 11, 1}, {"b", 10, 1}}
	for i := len(rows); i < smallRows; i++ { // fewer would go one by one anyway
		rows = append(rows, point{fmt.Sprint("more", i), int64(100 + i), 1})
	}
	res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: rows, Mode: schema.Upsert})
	if diff := cmp.Diff(store.Result{Applied: true, Inserted: smallRows - 1, Changed: 1}, res); diff != "" || err != nil {
		t.Errorf("(-want +got): %s%v", diff, err)
	}
}

// TestArgumentsWithoutWhere are refused, of few rows and of many.
func TestArgumentsWithoutWhere(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	for _, n := range []int{10, bulkRows} {
		insert(t, db, s, 0, n)
		if err := db.Query(t.Context(), store.Select{Schema: s, Args: []any{5}}, count(new(int))); !errors.Is(err, store.ErrQuery) {
			t.Errorf("%d rows: error is %v, want ErrQuery", n, err)
		}
	}
}

type panicking struct{}

func (panicking) Value() (driver.Value, error) { panic("the caller's own") }

// TestPanicOfAnArgument is the caller's, and not one of the engine.
func TestPanicOfAnArgument(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	defer func() {
		if p := recover(); p != "the caller's own" {
			t.Errorf("recovered %v", p)
		}
		insert(t, db, s, 0, 1)
	}()
	err := db.Query(t.Context(), store.Select{Schema: s, Where: "n = ?", Args: []any{panicking{}}}, count(new(int)))
	t.Errorf("error is %v, want a panic", err)
}

// TestLargeRows: rows of many large values are stored one by one, a row that the
// engine has no memory for is refused, and batches beside it are stored.
func TestLargeRows(t *testing.T) {
	testtime.Seconds(t)
	db := openTest(t, filepath.Join(memoryDir(t), "test.db"), Options{})
	s := ensured(t, db)
	large := make(points, 8)
	for i := range large {
		large[i] = point{strings.Repeat("x", 25<<20), int64(i), 0}
	}
	_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: large})
	must(t, err)
	wide, err := schema.New("wide", []schema.Column{{Name: "a", Type: schema.Text}, {Name: "b", Type: schema.Text}, {Name: "c", Type: schema.Text}})
	must(t, err)
	must(t, db.Ensure(t.Context(), wide, store.Strict))
	_, err = store.Insert(t.Context(), db, &store.Batch{Schema: wide, Rows: texts{strings.Repeat("y", 30<<20)}})
	var row *store.RowError
	if !errors.Is(err, store.ErrTooLarge) || !errors.As(err, &row) {
		t.Errorf("three values of 30 MiB in a row: error is %v, want ErrTooLarge", err)
	}
}

// texts are rows of three times the same text.
type texts []string

func (ts texts) Len() int { return len(ts) }
func (ts texts) Bind(i int, w schema.Writer) error {
	for k := range 3 {
		w.Text(k, ts[i])
	}
	return nil
}

// TestEngineFailsInGroup: one member of a group needs more memory than the engine
// has. It fails, and the others are stored.
func TestEngineFailsInGroup(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	sql(t, db, "CREATE TRIGGER huge AFTER INSERT ON points WHEN new.n = 99 BEGIN SELECT length(hex(zeroblob(200000000))); END")
	errs := together(t, db, s, points{{"a", 1, 1}}, points{{"b", 99, 1}}, points{{"c", 2, 1}})
	if errs[0] != nil || errs[1] == nil || errors.Is(errs[1], store.ErrCommitUnknown) || errs[2] != nil {
		t.Errorf("errors are %v, want one of the second batch", errs)
	}
	wantPoints(t, db, s, points{{"a", 1, 1}, {"c", 2, 1}})
	if err := lockIsFree(path); err != nil {
		t.Errorf("the lock: %v", err)
	}
}
