package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestMaxValue: a value larger than Options.MaxValue is refused, and one that is
// as large is not.
func TestMaxValue(t *testing.T) {
	db := openTest(t, tempPath(t), Options{MaxValue: 1000})
	s := ensured(t, db)
	for _, n := range []int{1, 10, 100} {
		ps := makePoints(0, n)
		ps[n-1].Name = strings.Repeat("x", 1001)
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: ps})
		var row *store.RowError
		if !errors.As(err, &row) || !errors.Is(err, store.ErrTooLarge) || row.Row != n-1 || row.Column != "name" || row.Table != "points" {
			t.Errorf("error is %v, want a *RowError of row %d, column name, with ErrTooLarge", err, n-1)
		}
	}
	wantPoints(t, db, s, nil)
	ps := makePoints(0, 1)
	ps[0].Name = strings.Repeat("x", 1000)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: ps}); err != nil {
		t.Error(err)
	}
	wantPoints(t, db, s, ps)
}

// TestStatementsKept upserts into so many tables that statements are given up in
// between, also those of the one table that is written: none is left behind that
// keeps the file from being closed.
func TestStatementsKept(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	keyed := func(cols []schema.Column) { cols[1].Key = true }
	for i := range maxInserters {
		s := pointSchema(t, fmt.Sprintf("t%d", i), keyed)
		if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
			t.Fatal(err)
		}
		b := &store.Batch{Schema: s, Rows: makePoints(0, 2), Mode: schema.Upsert}
		if i == 0 {
			b.Mode = schema.Append // one statement, where an upsert has two
		}
		if _, err := store.Insert(t.Context(), db, b); err != nil {
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

// TestStatementsOfOtherTablesMakeRoom: where statements are given up for others, none
// of the same table is, whose upsert uses two at once.
func TestStatementsOfOtherTablesMakeRoom(t *testing.T) {
	w := &writer{inserters: map[inserterKey]*inserter{}}
	table, other := &plan{perStmt: 1}, &plan{perStmt: 1}
	for i := range maxInserters - 1 {
		w.inserters[inserterKey{table, schema.Mode(i)}] = newInserter(nil, table, schema.Mode(i))
	}
	w.inserters[inserterKey{other, schema.Append}] = newInserter(nil, other, schema.Append)
	w.inserter(table, schema.Mode(maxInserters))
	if w.inserters[inserterKey{other, schema.Append}] != nil || len(w.inserters) != maxInserters {
		t.Errorf("%d statements are kept, want %d, and none of the other table", len(w.inserters), maxInserters)
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
			_, errs[i] = store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: ps})
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
			var row *store.RowError
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
		if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
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
		b := &store.Batch{Schema: s, Rows: ps}
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
			res, err := store.Insert(context.Background(), db, b)
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
