package transfer

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/spool"
)

// A spool with very many files works as one with few: keys are found, each batch
// is counted, collected once and done after that. make lab runs it with 100,000.
func TestSpoolOfManyFiles(t *testing.T) {
	testtime.Seconds(t)
	files := 2_000
	if os.Getenv("GALLEY_LAB") != "" {
		files = 100_000
	}
	s, db := newSpool(t), newDatabase(t)
	tab := openTable(t, s)
	key := func(i int) string { return fmt.Sprintf("sub-%06d", i) }
	pace := func(what string, n int, work func(i int)) {
		t.Helper()
		began := time.Now()
		for i := range n {
			work(i)
		}
		took := time.Since(began)
		t.Logf("%s: %v, %v each", what, took.Round(time.Millisecond), (took / time.Duration(n)).Round(time.Microsecond))
	}
	const some = 200
	pace("append to an empty spool", some, func(i int) { fill(t, s, 5, key(i)) })
	// The others without syncs: what these take is not the spool's.
	for i := some; i < files-some; i++ {
		writeBatch(t, s, key(i), 5)
	}
	pace("append to a full spool", some, func(i int) { fill(t, s, 5, key(files-some+i)) })
	pace("Done in a full spool", some, func(i int) {
		if done, err := tab.Done(t.Context(), key(i*files/some)); err != nil || !done {
			t.Fatalf("key %d: %v, %v", i, done, err)
		}
	})
	pace("status", 1, func(int) {
		r, err := spool.Inspect(t.Context(), s.Path(), false)
		if err != nil || len(r.Tables) != 1 || r.Tables[0].Waiting != int64(files) {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	pace("collect", 1, func(int) {
		if got, want := counts(collect(t, db, s, CollectOptions{})), fmt.Sprintf("batches %d rows %d present 0 duplicates 0 aside 0 refused 0", files, 5*files); got != want {
			t.Fatalf("report: %s, want %s", got, want)
		}
	})
	pace("Done after that", some, func(i int) {
		if done, err := tab.Done(t.Context(), key(i*files/some)); err != nil || !done {
			t.Fatalf("key %d: %v, %v", i, done, err)
		}
	})
	writeBatch(t, s, key(files/2), 5) // a late copy
	if got, want := counts(collect(t, db, s, CollectOptions{})), "batches 0 rows 0 present 0 duplicates 1 aside 0 refused 0"; got != want {
		t.Errorf("report: %s, want %s", got, want)
	}
	got := value(t, db, `SELECT count(*) || ' rows of ' || count(DISTINCT session) || ' keys, ' || count(DISTINCT session || name) || ' different' AS v FROM region`)
	if want := fmt.Sprintf("%d rows of %d keys, %[1]d different", 5*files, files); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if left := waiting(t, s); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}

// writeBatch puts a batch file into the spool, without syncs.
func writeBatch(t testing.TB, s *spool.Spool, key string, rows int) {
	t.Helper()
	of, err := schema.Of[region]()
	if err != nil {
		t.Fatal(err)
	}
	binder, err := schema.Reflect[region](of)
	if err != nil {
		t.Fatal(err)
	}
	w, enc := batchfile.NewWriter(of), record.NewEncoder(of.Columns(), 0)
	for _, r := range regionRows(rows) {
		r.Session = key
		enc.Reset()
		if err := errors.Join(binder.Bind(enc, &r), enc.Err(), w.Add(enc.AppendTo(nil))); err != nil {
			t.Fatal(err)
		}
	}
	content, err := w.Finish(key, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(batchPath(s, "region", key), content, 0o600); err != nil {
		t.Fatal(err)
	}
}
