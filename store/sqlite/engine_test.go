package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
)

// TestEngineFails: the engine panics under the lock, in the middle of a group
// whose members fail one by one. Every batch that was reported as stored is
// stored, and no other is. The lock is free at once, and the next batch
// succeeds.
func TestEngineFails(t *testing.T) {
	testtime.Seconds(t)
	for nth := 1; ; nth++ {
		path := tempPath(t)
		v, opts := newFaults(t)
		db := openTest(t, path, opts)
		s := pointSchema(t, "keyed", uniqueN)
		if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
			t.Fatal(err)
		}
		c := &course{path: path, keyed: s}
		v.Arm(faultvfs.Fault{On: faultvfs.Write, Suffix: "-wal", Nth: nth, Panic: true})
		c.group(t.Context(), db, 1, 6)
		fired := v.Disarm()
		if err := lockIsFree(path); err != nil {
			t.Errorf("write %d: the lock: %v", nth, err)
		}
		unknown := 0
		for _, err := range c.errs {
			if errors.Is(err, store.ErrCommitUnknown) {
				unknown++
			}
			if fired > 0 && err != nil && !errors.Is(err, ErrEngine) && !errors.Is(err, store.ErrConstraint) {
				t.Errorf("write %d: error is %v, want ErrEngine", nth, err)
			}
		}
		if unknown > 1 {
			t.Errorf("write %d: %d members are told that nobody knows, though each had a COMMIT of its own", nth, unknown)
		}
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: batchPoints(50, 20)})
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

// TestEngineFailsInCheckpoint: the engine panics in the checkpoint that follows
// a commit. The batch is stored, and its caller gets success.
func TestEngineFailsInCheckpoint(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	v, opts := newFaults(t)
	opts.WALBytes = 1 << 16
	db := openTest(t, path, opts)
	s := ensured(t, db)
	v.Arm(faultvfs.Fault{On: faultvfs.Write, Suffix: ".db", Panic: true})
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 5000)}); err != nil {
		t.Errorf("the batch is stored, and Insert returned %v", err)
	}
	db.file.background.wait()
	if v.Disarm() == 0 {
		t.Error("no checkpoint wrote into the file")
	}
	wantPoints(t, db, s, makePoints(0, 5000))
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 1)}); err != nil {
		t.Error(err)
	}
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

// TestStartTakesLock: a transaction has the write lock from its start, so that
// it cannot find out at its first write that its snapshot is old.
func TestStartTakesLock(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 1)}); err != nil {
		t.Fatal(err)
	}
	err := db.file.exclusively(t.Context(), func(w *writer) error {
		if err := w.start(); err != nil {
			return err
		}
		defer w.undo()
		if err := lockIsFree(path); !busy(err) {
			t.Errorf("another process asks for the lock: error is %v, want busy", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := lockIsFree(path); err != nil {
		t.Error(err)
	}
}

// TestEngineFailsInCommit: an engine that fails in COMMIT, after all writes and
// before the sync, writes nothing more while it is closed. A recovery of the
// WAL, which the next process runs after kill -9, finds everything that was
// stored later.
func TestEngineFailsInCommit(t *testing.T) {
	testtime.Seconds(t)
	v, opts := newFaults(t)
	opts.Durability = Full
	path := tempPath(t)
	db, err := Open(t.Context(), path, opts)
	must(t, err)
	defer db.Close()
	s := ensured(t, db)
	var l ledger
	insert := func(id int) error {
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: batchPoints(id, 50)})
		l.note("points", id, 50, err)
		return err
	}
	must(t, insert(1))
	v.Arm(faultvfs.Fault{On: faultvfs.Sync, Suffix: "-wal", Panic: true})
	if err := insert(2); v.Disarm() != 1 || !errors.Is(err, store.ErrCommitUnknown) || !errors.Is(err, ErrEngine) {
		t.Fatalf("error is %v, want ErrCommitUnknown and ErrEngine", err)
	}
	for id := range 5 {
		must(t, insert(3+id))
	}
	for _, wrong := range l.crashed(t, path) {
		t.Error(wrong)
	}
}

// crashed holds what a recovery makes of the files as they are, as after kill
// -9, against the ledger.
func (l *ledger) crashed(t interface{ Fatal(...any) }, path string) []string {
	to := path + ".crashed"
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err == nil {
			err = os.WriteFile(to+suffix, b, 0o600)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			os.Remove(to + suffix)
		}
	}()
	return l.compare(to)
}
