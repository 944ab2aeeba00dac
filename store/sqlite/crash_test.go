package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// diary is a run of a workload under a log: what was acknowledged, and when.
type diary struct {
	log     *faultvfs.Log
	path    string
	begin   int    // of the log: what comes before was moved into the file, and synced
	backup  [2]int // of the log: Backup had not begun; had returned, with the batches up to backedUp
	mu      sync.Mutex
	entries []entry
}

// entry is a batch in a diary.
type entry struct {
	table    string
	id, rows int
	order    int // among the batches of one goroutine that waits for each, -1 for the others
	acked    int // length of the log when Insert returned
}

// insert stores a batch and takes it down.
func (d *diary) insert(db *DB, s *schema.Schema, id, rows, order int) error {
	_, err := store.Insert(context.Background(), db, &store.Batch{Schema: s, Rows: batchPoints(id, rows), Key: key(id)})
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.entries = append(d.entries, entry{s.Name(), id, rows, order, d.log.Len()})
	}
	return err
}

// backedUp is the last batch that is in the backup.
const backedUp = 40

// key gives every third batch a key.
func key(id int) string {
	if id%3 == 0 {
		return fmt.Sprint("batch ", id)
	}
	return ""
}

// keepDiary runs a workload under a log: batches small and large, one after
// the other and in groups, over checkpoints and a WAL that restarts, a
// backup beside it, and Clear as the last thing.
func keepDiary(t *testing.T, dir string, durability Durability) *diary {
	t.Helper()
	v, opts := newFaults(t)
	path, _ := folder(t, dir, int(labs.Add(1)))
	opts.Durability = durability
	opts.WALBytes = 200_000
	db, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	points, keyed := ensured(t, db), pointSchema(t, "keyed", uniqueN)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Ensure(t.Context(), keyed, store.Strict))
	must(second(db.Checkpoint(t.Context(), Truncate)))
	d := &diary{path: path, log: v.Record(path, path+"-wal")}
	d.begin = d.log.Len()
	for i := range 60 {
		s := points
		if i%4 == 3 {
			s = keyed
		}
		must(d.insert(db, s, i, []int{3, 120, 1, 40, 300}[i%5], i))
		switch i {
		case 20:
			must(second(db.Checkpoint(t.Context(), Truncate)))
		case 30:
			must(second(db.Checkpoint(t.Context(), Restart)))
		case backedUp:
			d.backup[0] = d.log.Len()
			must(db.Backup(t.Context(), path+".copy", nil))
			d.backup[1] = d.log.Len()
		}
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 8 {
				if err := d.insert(db, points, 100+10*g+i, 30+i, -1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(db.Close())
	d.log.Stop()
	return d
}

// TestCrashImages composes the files as a power loss leaves them, at random
// moments and under three models of loss, and opens them: FULL has lost
// nothing that was acknowledged; NORMAL has a prefix without a gap; neither is
// damaged.
func TestCrashImages(t *testing.T) {
	testtime.Minutes(t)
	dir := memoryDir(t)
	for _, durability := range []Durability{Normal, Full} {
		d := keepDiary(t, dir, durability)
		for _, loss := range []faultvfs.Loss{faultvfs.Dropped, faultvfs.Operations, faultvfs.Sectors} {
			t.Run(fmt.Sprint(durability, "/", loss), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(durability), uint64(loss)))
				lost, most := 0, 0
				images := pick(250, 2500)
				for n := range images {
					at := d.begin + rng.IntN(d.log.Len()-d.begin+1)
					if n%5 == 0 { // while it is backed up, or soon after
						at = d.backup[0] + rng.IntN(2*(d.backup[1]-d.backup[0]))
					}
					missing := d.crash(t, dir, at, n, durability, loss, rng)
					if missing > 0 {
						lost++
					}
					most = max(most, missing)
					if t.Failed() {
						t.Fatalf("image %d of %d, at change %d of %d", n, images, at, d.log.Len())
					}
				}
				t.Logf("%d images: %d had lost acknowledged batches, at most %d", images, lost, most)
			})
		}
	}
}

// crash composes an image, checks it, and returns how many acknowledged
// batches are missing.
func (d *diary) crash(t *testing.T, dir string, at, n int, durability Durability, loss faultvfs.Loss, rng *rand.Rand) int {
	path, remove := folder(t, dir, 1_000_000+n)
	defer remove()
	image := d.log.Image(at, loss, rng)
	if err := image.Save(d.path, path); err != nil {
		t.Fatal(err)
	}
	if b, there := image[d.path+".copy"]; there {
		d.copied(t, b, path+".copy")
	} else if at >= d.backup[1] {
		t.Errorf("Backup had returned at %d, power was lost at %d, and there is no copy", d.backup[1], at)
	}
	if n%2 == 0 { // what a -shm holds after a crash is anybody's guess
		garbage := make([]byte, 32768)
		for i := range garbage {
			garbage[i] = byte(rng.Uint32())
		}
		if err := os.WriteFile(path+"-shm", garbage, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	points := pointSchema(t, "points")
	if n%4 == 1 { // the next run goes on appending before anybody looks
		if err := reopened(path, points, 999); err != nil {
			t.Error(err)
		}
	}
	found, wrong := d.found(path)
	for _, w := range wrong {
		t.Error(w)
	}
	return d.judge(t, found, at, durability)
}

// found returns the number of rows of each batch that is in the file.
func (d *diary) found(path string) (map[int]int, []string) {
	l := ledger{want: map[string]map[int]fate{}}
	for _, e := range d.entries {
		l.note(e.table, e.id, e.rows, store.ErrCommitUnknown) // there whole or not at all
	}
	l.note("points", 999, 2, store.ErrCommitUnknown)
	wrong := l.compare(path)
	return l.count, wrong
}

// copied checks that a backup, if its name exists, has all rows of its moment
// and no others, under any durability.
func (d *diary) copied(t *testing.T, b []byte, path string) {
	t.Helper()
	if all, err := os.ReadFile(d.path + ".copy"); err != nil || !bytes.Equal(b, all) {
		t.Errorf("the copy has not what was written, or cannot be read: %v", err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	found, wrong := d.found(path)
	for _, w := range wrong {
		t.Errorf("the copy: %s", w)
	}
	for _, e := range d.entries {
		if there := found[e.id] > 0; there != (e.order >= 0 && e.id <= backedUp) {
			t.Errorf("the copy of batch %d has batch %d: %v", backedUp, e.id, there)
		}
	}
}

// judge compares what was found with what was acknowledged by the moment at.
func (d *diary) judge(t *testing.T, found map[int]int, at int, durability Durability) (missing int) {
	firstGap := -1
	for _, e := range d.entries {
		there := found[e.id] > 0
		switch {
		case e.acked <= at && !there:
			missing++
			if durability == Full {
				t.Errorf("batch %d was acknowledged at %d, power was lost at %d, and it is not there", e.id, e.acked, at)
			}
			if e.order >= 0 && firstGap < 0 {
				firstGap = e.id
			}
		case there && e.order >= 0 && firstGap >= 0:
			t.Errorf("batch %d is there, and batch %d before it is not", e.id, firstGap)
		case !there && e.order >= 0 && firstGap < 0:
			firstGap = e.id
		}
	}
	return missing
}

// TestAmbiguousCommit: the fsync of a COMMIT fails. No program can find out
// whether the batch is stored, and Insert says so. A batch with a key is stored
// once, whatever happened, by a retry at once or after a crash.
func TestAmbiguousCommit(t *testing.T) {
	testtime.Seconds(t)
	dir := memoryDir(t)
	rng := rand.New(rand.NewPCG(1, 2))
	n := 0
	for _, after := range []bool{false, true} { // the sync has stored nothing, or everything
		for _, crash := range []bool{false, true} {
			for _, rows := range []int{1, 200} {
				for _, keyed := range []bool{false, true} {
					n++
					t.Run(fmt.Sprintf("synced=%v/crash=%v/rows=%d/key=%v", after, crash, rows, keyed), func(t *testing.T) {
						ambiguous(t, dir, n, faultvfs.Fault{On: faultvfs.Sync, Suffix: "-wal", After: after}, crash, rows, keyed, rng)
					})
				}
			}
		}
	}
}

func ambiguous(t *testing.T, dir string, n int, f faultvfs.Fault, crash bool, rows int, keyed bool, rng *rand.Rand) {
	v, opts := newFaults(t)
	opts.Durability = Full
	path, remove := folder(t, dir, 2_000_000+n)
	defer remove()
	db, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { db.Close() }()
	s := ensured(t, db)
	var l ledger
	insert := func(id, rows int, key string) error {
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: batchPoints(id, rows), Key: key})
		return err
	}
	l.note("points", 1, 5, insert(1, 5, ""))
	log := v.Record(path, path+"-wal")
	k := ""
	if keyed {
		k = "k"
	}
	v.Arm(f)
	err = insert(2, rows, k)
	if v.Disarm() != 1 {
		t.Fatal("no sync at COMMIT")
	}
	if !errors.Is(err, store.ErrCommitUnknown) || db.Retryable(err) {
		t.Errorf("error is %v, want ErrCommitUnknown that is not retryable", err)
	}
	l.note("points", 2, rows, err)
	if crash {
		image := log.Image(log.Len(), faultvfs.Operations, rng)
		log.Stop()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		old := path
		path += ".crashed"
		if err := image.Save(old, path); err != nil {
			t.Fatal(err)
		}
		if db, err = Open(t.Context(), path, opts); err != nil {
			t.Fatal(err)
		}
	}
	if keyed {
		l.note("points", 2, rows, insert(2, rows, k))
		l.note("points", 2, rows, insert(2, rows, k))
	}
	l.note("points", 3, 4, insert(3, 4, ""))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range l.compare(path) {
		t.Error(wrong)
	}
}

// TestUnknownSettled tries a batch again whose COMMIT failed in a way that left
// its outcome open: it is stored once, and the Result is what was done, whichever
// attempt did it.
func TestUnknownSettled(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, rows := range []int{1, 200} {
			t.Run(fmt.Sprintf("synced=%v/rows=%d", after, rows), func(t *testing.T) {
				v, opts := newFaults(t)
				opts.Durability = Full
				path, remove := folder(t, memoryDir(t), 3_000_000+rows)
				defer remove()
				db, err := Open(t.Context(), path, opts)
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				s := ensured(t, db)
				in, err := db.Begin(&store.Batch{Schema: s, Rows: batchPoints(1, rows), Key: "k"})
				if err != nil {
					t.Fatal(err)
				}
				defer in.Close()
				v.Arm(faultvfs.Fault{On: faultvfs.Sync, Suffix: "-wal", After: after})
				res, err := in.Try(t.Context())
				if v.Disarm() != 1 || !errors.Is(err, store.ErrCommitUnknown) || res != (store.Result{}) {
					t.Fatalf("%+v, %v, want ErrCommitUnknown", res, err)
				}
				if res, err = in.Try(t.Context()); err != nil || res != (store.Result{Applied: true, Inserted: int64(rows)}) {
					t.Errorf("again: %+v, %v, want %d rows applied", res, err, rows)
				}
				if res, err = store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: batchPoints(1, rows), Key: "k"}); err != nil || res.Applied {
					t.Errorf("another batch of the key: %+v, %v, want one that is not applied", res, err)
				}
			})
		}
	}
}
