package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
)

// TestInsertSizes inserts batches of the sizes at which the path changes:
// nothing, one row, around the statements' and the image's.
func TestInsertSizes(t *testing.T) {
	for _, indexed := range []bool{false, true} {
		for _, n := range []int{0, 1, 7, 8, 9, imageRows - 1, imageRows, imageRows + 1, 49, 50, 51, 100, 1000, 5000} {
			t.Run(fmt.Sprintf("indexed=%v/rows=%d", indexed, n), func(t *testing.T) {
				db := openTest(t, tempPath(t), Options{})
				s := ensured(t, db)
				if indexed {
					s = pointSchema(t, "keyed", uniqueN)
					if err := db.Ensure(t.Context(), s, Strict); err != nil {
						t.Fatal(err)
					}
				}
				want := makePoints(0, n)
				res, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: want})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(Result{Applied: true, Inserted: int64(n)}, res); diff != "" {
					t.Errorf("result (-want +got):\n%s", diff)
				}
				if n == 0 {
					want = nil
				}
				wantPoints(t, db, s, want)
			})
		}
	}
}

// TestInsertKey stores a batch under a key, twice.
func TestInsertKey(t *testing.T) {
	for _, n := range []int{0, 1, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			path := tempPath(t)
			db := openTest(t, path, Options{})
			s := ensured(t, db)
			b := func() *Batch { return &Batch{Schema: s, Rows: makePoints(0, n), Key: "a/b"} }
			for i, want := range []Result{{Applied: true, Inserted: int64(n)}, {}, {}} {
				if i == 2 { // once more after a restart
					if err := db.Close(); err != nil {
						t.Fatal(err)
					}
					db = openTest(t, path, Options{})
				}
				res, err := db.Insert(t.Context(), b())
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, res); diff != "" {
					t.Errorf("insert %d (-want +got):\n%s", i, diff)
				}
			}
			if got := len(readPoints(t, db, s)); got != n {
				t.Errorf("%d rows, want %d", got, n)
			}
		})
	}
}

// TestInsertBadRow: a row that cannot be stored is named, and nothing of its
// batch is there.
func TestInsertBadRow(t *testing.T) {
	db := openTest(t, tempPath(t), Options{MaxValue: 1000})
	s := ensured(t, db)
	for _, n := range []int{1, 10, 100} {
		for name, bad := range map[string]struct {
			p      point
			column string
			err    error
		}{
			"NaN":   {point{"a", 1, math.NaN()}, "x", schema.ErrNaN},
			"UTF-8": {point{"a\xff", 1, 1}, "name", schema.ErrText},
			"NUL":   {point{"a\x00b", 1, 1}, "name", schema.ErrText},
			"large": {point{string(make([]byte, 1001)), 1, 1}, "name", ErrTooLarge},
		} {
			if name == "large" {
				bad.p.Name = fmt.Sprintf("%01001d", 1)
			}
			ps := makePoints(0, n)
			ps[n-1] = bad.p
			_, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: ps})
			var row *RowError
			if !errors.As(err, &row) || !errors.Is(err, bad.err) {
				t.Fatalf("%s: error is %v, want a *RowError of %v", name, err, bad.err)
			}
			if row.Row != n-1 || row.Column != bad.column || row.Table != "points" {
				t.Errorf("%s: names table %q row %d column %q, want points, %d, %q", name, row.Table, row.Row, row.Column, n-1, bad.column)
			}
		}
	}
	wantPoints(t, db, s, nil)
}

// TestInsertConstraint: a batch that breaks a constraint fails whole, and
// the error names the row; batches that shared its transaction are stored.
func TestInsertConstraint(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db, uniqueN)
	if _, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	bad := append(makePoints(100, 60), point{"again", 5, 0})
	_, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: bad})
	var row *RowError
	if !errors.As(err, &row) || !errors.Is(err, ErrConstraint) {
		t.Fatalf("error is %v, want a *RowError of ErrConstraint", err)
	}
	if row.Row != 60 || row.Column != "n" {
		t.Errorf("names row %d column %q, want 60 and n", row.Row, row.Column)
	}
	if db.Retryable(err) {
		t.Error("a broken constraint is called retryable")
	}
	wantPoints(t, db, s, makePoints(0, 10))
}

// TestStatementsKept upserts into so many tables that statements are given up in
// between, also those of the one table that is written: none is left behind that
// keeps the file from being closed.
func TestStatementsKept(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	keyed := func(cols []schema.Column) { cols[1].Key = true }
	for i := range maxInserters {
		s := pointSchema(t, fmt.Sprintf("t%d", i), keyed)
		if err := db.Ensure(t.Context(), s, Strict); err != nil {
			t.Fatal(err)
		}
		b := &Batch{Schema: s, Rows: makePoints(0, 2), Mode: schema.Upsert}
		if i == 0 {
			b.Mode = schema.Append // one statement, where an upsert has two
		}
		if _, err := db.Insert(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if n := len(db.file.writer.inserters); n > maxInserters {
			t.Fatalf("%d tables' statements are kept, want at most %d", n, maxInserters)
		}
	}
	if err := db.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// TestGroupFailsAlone puts batches, of which some break a constraint, into
// one group, and checks that exactly these fail.
func TestGroupFailsAlone(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db, uniqueN)
	const batches = 40
	errs := make([]error, batches)
	release := holdLead(t, db)
	var wg sync.WaitGroup
	for i := range batches {
		queued := db.file.queue.waitingFor(i + 1)
		wg.Add(1)
		go func() {
			defer wg.Done()
			ps := makePoints(10*i, 10)
			if i%5 == 4 {
				ps[9].N = 0 // stands in the first batch
			}
			_, errs[i] = db.Insert(context.Background(), &Batch{Schema: s, Rows: ps})
		}()
		<-queued
	}
	release()
	wg.Wait()
	var want points
	for i := range batches {
		if bad := i%5 == 4; bad != (errs[i] != nil) {
			t.Errorf("batch %d: error is %v", i, errs[i])
		} else if bad {
			var row *RowError
			if !errors.As(errs[i], &row) || row.Row != 9 {
				t.Errorf("batch %d: error is %v, want a *RowError of row 9", i, errs[i])
			}
			continue
		}
		want = append(want, makePoints(10*i, 10)...)
	}
	wantPoints(t, db, s, want)
	if got := db.Stats().Groups; got != 1 {
		t.Errorf("%d groups, want 1", got)
	}
}

// holdLead keeps the writer busy until the function that it returns is
// called.
func holdLead(t testing.TB, db *DB) func() {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- db.file.exclusively(context.Background(), func(*writer) error {
			close(held)
			<-hold
			return nil
		})
	}()
	<-held
	return func() {
		close(hold)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestGroupMixes puts batches of several tables, small and large, with and
// without keys, new and doubled, into one group.
func TestGroupMixes(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	var tables []*schema.Schema
	for i := range maxSlots + 4 {
		edit := func([]schema.Column) {}
		if i%3 == 2 {
			edit = uniqueN
		}
		s := pointSchema(t, fmt.Sprintf("t%d", i), edit)
		if err := db.Ensure(t.Context(), s, Strict); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, s)
	}
	want := map[string]points{}
	release := holdLead(t, db)
	var wg sync.WaitGroup
	for i := range 200 {
		s := tables[i%len(tables)]
		n := []int{1, 3, 40, 200}[i%4]
		ps := makePoints(1000*i, n)
		b := &Batch{Schema: s, Rows: ps}
		applied := true
		if i%2 == 0 {
			b.Key = fmt.Sprint("key ", i%100) // the second hundred doubles the first, if its table is the same
			if prior := i - 100; prior >= 0 && prior%len(tables) == i%len(tables) {
				applied = false
			}
		}
		if applied {
			want[s.Name()] = append(want[s.Name()], ps...)
		}
		queued := db.file.queue.waitingFor(i + 1)
		wg.Add(1)
		go func() {
			defer wg.Done()
			res, err := db.Insert(context.Background(), b)
			if err != nil || res.Applied != applied {
				t.Errorf("batch %d: applied %v, want %v; error %v", i, res.Applied, applied, err)
			}
		}()
		<-queued
	}
	release()
	wg.Wait()
	for _, s := range tables {
		wantPoints(t, db, s, want[s.Name()])
	}
}
