package store

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/pathlock"
	"github.com/galley-db/galley/schema"
)

// badRows are rows whose Bind goes wrong at one of them.
type badRows struct {
	points
	at   int
	harm func()
}

func (b badRows) Bind(i int, w schema.Writer) error {
	if i == b.at {
		b.harm()
	}
	return b.points.Bind(i, w)
}

// TestBinderEnds: a binder that panics or ends its goroutine, at any row, on
// both paths, leaves nothing behind: no lock, no row, and nothing of its rows
// in the next batch.
func TestBinderEnds(t *testing.T) {
	for name, harm := range map[string]func(){"panic": func() { panic("the binder's own") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			// On one processor pools hand out what was just put back; on several,
			// large batches are bound by several goroutines.
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			path := tempPath(t)
			db := openTest(t, path, Options{})
			s := ensured(t, db)
			var want points
			for _, n := range []int{1, imageRows - 1, imageRows, 200, 5000} {
				if n == 5000 {
					runtime.GOMAXPROCS(4)
				}
				for _, at := range []int{0, n / 2, n - 1} {
					done := make(chan any, 1)
					go func() {
						defer func() { done <- recover() }()
						_, err := db.Insert(context.Background(), &Batch{Schema: s, Rows: badRows{makePoints(0, n), at, harm}})
						t.Errorf("Insert returned %v", err)
					}()
					if p := <-done; (p != nil) != (name == "panic") {
						t.Errorf("recovered %v", p)
					}
					if err := lockIsFree(path); err != nil {
						t.Errorf("the lock: %v", err)
					}
					next := makePoints(len(want), n+1)
					if _, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: next}); err != nil {
						t.Errorf("%d rows, ended at %d: the next batch: %v", n, at, err)
					}
					want = append(want, next...)
				}
			}
			wantPoints(t, db, s, want)
		})
	}
}

// TestQueryEnds: a query whose function panics or ends its goroutine gives its
// connection back, and the panic is the caller's.
func TestQueryEnds(t *testing.T) {
	for name, harm := range map[string]func(){"panic": func() { panic("the caller's own") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			db := openTest(t, tempPath(t), Options{Readers: 1})
			s := ensured(t, db)
			if _, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				done := make(chan any, 1)
				go func() {
					defer func() { done <- recover() }()
					_ = db.Query(context.Background(), Select{Schema: s}, func(schema.Reader) (bool, error) {
						harm()
						return true, nil
					})
				}()
				if p := <-done; (p != nil) != (name == "panic") {
					t.Errorf("recovered %v", p)
				}
			}
			wantPoints(t, db, s, makePoints(0, 10))
			if err := db.file.readers.retire(); err != nil {
				t.Errorf("a connection is still in use: %v", err)
			}
		})
	}
}

// TestQueryTooLarge: a query that takes more memory than the engine has is an
// error, and the next one works.
func TestQueryTooLarge(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	if _, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, q := range []Select{
		{Schema: s, Where: "length(hex(zeroblob(150000000))) > ?", Args: []any{1}},
		{Schema: s, Where: "length(?) > 1", Args: []any{make([]byte, 300<<20)}},
	} {
		if err := db.Query(t.Context(), q, count(&n)); err == nil || n != 0 {
			t.Errorf("%s: %d rows and no error", q.Where, n)
		}
		wantPoints(t, db, s, makePoints(0, 10))
	}
}

// TestInsertFromQuery: a batch may be stored from within a query, and a query
// made while binding: neither holds a lock of galley's.
func TestInsertFromQuery(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	if _, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
		t.Fatal(err)
	}
	rows := badRows{makePoints(10, 40), 7, func() {
		err := db.Query(t.Context(), Select{Schema: s}, func(schema.Reader) (bool, error) {
			_, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: makePoints(100, 1), Key: "once"})
			return true, err
		})
		if err != nil {
			t.Error(err)
		}
	}}
	if _, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	wantPoints(t, db, s, append(append(makePoints(0, 10), makePoints(100, 1)...), makePoints(10, 40)...))
}

// countdown is a context that ends when it has been asked so many times.
type countdown struct {
	context.Context
	left atomic.Int64
	end  context.CancelFunc
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		c.end()
	}
	return c.Context.Err()
}

// TestCancelAtEachStep ends the context at the first moment that galley looks
// at it, then at the second, and so on: the error is the context's, nothing of
// the batch is stored, and the lock is free.
func TestCancelAtEachStep(t *testing.T) {
	for _, n := range []int{5, 300} {
		for _, edit := range []func([]schema.Column){func([]schema.Column) {}, uniqueN} {
			path := tempPath(t)
			db := openTest(t, path, Options{})
			s := ensured(t, db, edit)
			for step := int64(0); ; step++ {
				ctx, cancel := context.WithCancel(t.Context())
				c := &countdown{Context: ctx, end: cancel}
				c.left.Store(step)
				_, err := db.Insert(c, &Batch{Schema: s, Rows: makePoints(0, n), Key: "k"})
				cancel()
				if err := lockIsFree(path); err != nil {
					t.Fatalf("step %d: the lock: %v", step, err)
				}
				if err == nil {
					wantPoints(t, db, s, makePoints(0, n))
					if step < 2 {
						t.Errorf("the context was looked at %d times", step)
					}
					break
				}
				if !errors.Is(err, context.Canceled) || busy(err) {
					t.Fatalf("step %d: error is %v, want context.Canceled", step, err)
				}
				wantPoints(t, db, s, nil)
			}
		}
	}
}

// TestCancelWhileLocked: who waits for another process's lock when the context
// ends gets the context's error.
func TestCancelWhileLocked(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	other := openForeign(t, path)
	if err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	_, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: makePoints(0, 3)})
	if !db.Retryable(err) {
		t.Errorf("error is %v, want one that is retryable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Insert(ctx, &Batch{Schema: s, Rows: makePoints(0, 3)}); !errors.Is(err, context.Canceled) || db.Retryable(err) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	if err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	wantPoints(t, db, s, nil)
}

// TestEngineFails: the engine panics under the lock, in the middle of a group
// whose members fail one by one. Who was told that his batch is stored has it
// stored, nobody else has, the lock is free at once, and the next batch works.
func TestEngineFails(t *testing.T) {
	for nth := 1; ; nth++ {
		path := tempPath(t)
		v, opts := newFaults(t)
		db := openTest(t, path, opts)
		s := pointSchema(t, "keyed", uniqueN)
		if err := db.Ensure(t.Context(), s, Strict); err != nil {
			t.Fatal(err)
		}
		c := &course{path: path, keyed: s}
		v.Arm(faultvfs.Fault{On: faultvfs.Write, Suffix: "-wal", Nth: nth, Panic: true})
		c.group(t.Context(), db, 1, 6)
		fired := v.Disarm()
		if err := lockIsFree(path); err != nil {
			t.Errorf("write %d: the lock: %v", nth, err)
		}
		for _, err := range c.errs {
			if fired > 0 && err != nil && !errors.Is(err, ErrEngine) && !errors.Is(err, ErrConstraint) {
				t.Errorf("write %d: error is %v, want ErrEngine", nth, err)
			}
		}
		_, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: batchPoints(50, 20)})
		c.ledger.note("keyed", 50, 20, err)
		if err != nil {
			t.Errorf("write %d: the next batch: %v", nth, err)
		}
		for _, wrong := range c.ledger.compare(path) {
			t.Errorf("write %d: %s", nth, wrong)
		}
		if fired == 0 || t.Failed() {
			break
		}
	}
}

// TestEngineFailsInCheckpoint: the engine panics in the checkpoint that
// follows a commit. The batch is stored, and its caller is told so.
func TestEngineFailsInCheckpoint(t *testing.T) {
	path := tempPath(t)
	v, opts := newFaults(t)
	opts.WALBytes = 1 << 16
	db := openTest(t, path, opts)
	s := ensured(t, db)
	v.Arm(faultvfs.Fault{On: faultvfs.Write, Suffix: ".db", Panic: true})
	if _, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: makePoints(0, 5000)}); err != nil {
		t.Errorf("the batch is stored, and Insert returned %v", err)
	}
	db.file.background.wait()
	if v.Disarm() == 0 {
		t.Error("no checkpoint wrote into the file")
	}
	wantPoints(t, db, s, makePoints(0, 5000))
	if _, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: makePoints(0, 1)}); err != nil {
		t.Error(err)
	}
}

// TestUnsupportedFileSystem: every file system that is known to be a network's
// is refused before anything is created.
func TestUnsupportedFileSystem(t *testing.T) {
	path := tempPath(t)
	for _, name := range []string{"nfs", "smb", "9p", "fuse", "lustre"} {
		opts := Options{fileSystem: func(string) (pathlock.FS, error) { return pathlock.FS{Name: name, Unsafe: true}, nil }}
		if _, err := Open(t.Context(), path, opts); !errors.Is(err, ErrUnsupportedFS) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error is %v, want ErrUnsupportedFS that names it", name, err)
		}
	}
	failing := Options{fileSystem: func(string) (pathlock.FS, error) { return pathlock.FS{}, fs.ErrPermission }}
	if _, err := Open(t.Context(), path, failing); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error is %v, want fs.ErrPermission", err)
	}
	if left := names(t, strings.TrimSuffix(path, "/test.db")); len(left) != 0 {
		t.Errorf("files were created: %v", left)
	}
}

// TestDiskFull fills the disk: the batch is refused with ErrDiskFull, what was
// stored is whole, and appends succeed once there is room.
func TestDiskFull(t *testing.T) {
	path := tempPath(t)
	v, opts := newFaults(t)
	db := openTest(t, path, opts)
	s := ensured(t, db)
	var l ledger
	insert := func(id, rows int) error {
		_, err := db.Insert(t.Context(), &Batch{Schema: s, Rows: batchPoints(id, rows)})
		l.note("points", id, rows, err)
		return err
	}
	id := 0
	for _, room := range []int64{0, 1, 4095, 8192, 20_000, 100_000, 400_000} {
		v.SetRoom(room)
		var err error
		for range 200 {
			id++
			if err = insert(id, 500); err != nil {
				break
			}
		}
		if !errors.Is(err, ErrDiskFull) || db.Retryable(err) {
			t.Errorf("with room for %d bytes: error is %v, want ErrDiskFull", room, err)
		}
		if err := lockIsFree(path); err != nil {
			t.Errorf("the lock: %v", err)
		}
		if _, err := db.Checkpoint(t.Context(), Truncate); err != nil && !errors.Is(err, ErrDiskFull) {
			t.Errorf("checkpoint on a full disk: error is %v, want ErrDiskFull", err)
		}
		v.SetRoom(-1)
		id++
		if err := insert(id, 500); err != nil {
			t.Errorf("once there is room: %v", err)
		}
	}
	for _, wrong := range l.compare(path) {
		t.Error(wrong)
	}
}

// TestManyWriters: 1, 10 and 50 goroutines store small and large batches, some
// of them under a key that two of them share; some contexts end on the way.
// Each batch that was acknowledged is there once, and no other.
func TestManyWriters(t *testing.T) {
	for _, writers := range []int{1, 10, 50} {
		path := tempPath(t)
		db := openTest(t, path, Options{GroupRows: 300})
		s := ensured(t, db)
		var l ledger
		var mu sync.Mutex
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range 20 {
					id := 100*w + i
					rows := 1 + (7*id)%90
					ctx, cancel := context.WithCancel(context.Background())
					if id%5 == 0 {
						go cancel()
					}
					b := &Batch{Schema: s, Rows: batchPoints(id, rows)}
					if id%2 == 0 {
						b.Key = key(3 * id)
					}
					_, err := db.Insert(ctx, b)
					cancel()
					if err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("batch %d: %v", id, err)
					}
					mu.Lock()
					l.note("points", id, rows, err)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for _, wrong := range l.compare(path) {
			t.Errorf("%d writers: %s", writers, wrong)
		}
	}
}

// TestHostileNames: names and values that mean something to SQL are stored as
// they are, and nothing of them is run.
func TestHostileNames(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	victim := ensured(t, db)
	if _, err := db.Insert(t.Context(), &Batch{Schema: victim, Rows: makePoints(0, 5)}); err != nil {
		t.Fatal(err)
	}
	hostile := []string{
		`"; DROP TABLE points; --`, `'); DELETE FROM points; --`, `a"b`, `a'b`, "a`b", `[x]`, `select`, `a;b`, `a--b`, `a/*b*/`,
		`points" SELECT 1,2,3 --`, "new\nline", `%s%d`, `ünïcødé`, `\`, `$1`, `?`, `:x`, `@x`, `x y`, `(`,
	}
	for i, name := range hostile {
		s, err := schema.New(name, []schema.Column{
			{Name: name, Type: schema.Text}, {Name: "n" + name, Type: schema.Int64}, {Name: "x" + name, Type: schema.Float64},
		})
		if err != nil {
			continue // refused by name, which is as good
		}
		if err := db.Ensure(t.Context(), s, Strict); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		rows := points{{name, int64(i), math.Inf(1)}, {strings.Repeat(name, 3), -1, 0}}
		for _, b := range []*Batch{{Schema: s, Rows: rows}, {Schema: s, Rows: rows, Key: name}} {
			if _, err := db.Insert(t.Context(), b); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
		wantPoints(t, db, s, append(append(points{}, rows...), rows...))
	}
	wantPoints(t, db, victim, makePoints(0, 5))
}

// TestTransactionEnded: where the engine has ended the transaction early, as
// it does after some errors, nothing is acknowledged.
func TestTransactionEnded(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	ensured(t, db)
	err := db.file.exclusively(t.Context(), func(w *writer) error {
		if err := w.start(); err != nil {
			return err
		}
		if err := w.conn.Exec("ROLLBACK; INSERT INTO points VALUES ('a', 1, 1)"); err != nil {
			return err
		}
		return w.finish()
	})
	if !errors.Is(err, ErrEngine) {
		t.Errorf("error is %v, want ErrEngine", err)
	}
}
