package faultvfs

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"
)

var count atomic.Int64

// open registers a VFS and opens a database through it, in WAL mode.
func open(t *testing.T) (*VFS, *sqlite3.Conn, string) {
	t.Helper()
	v := Register(fmt.Sprint("faultvfs", count.Add(1)))
	t.Cleanup(v.Unregister)
	path := filepath.Join(t.TempDir(), "test.db")
	c, err := sqlite3.Open("file:" + path + "?vfs=" + v.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	for _, sql := range []string{"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=0", "CREATE TABLE t(x)"} {
		if err := c.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	return v, c, path
}

const insert = "INSERT INTO t VALUES (randomblob(10000))"

// TestEachCallCanFail fails the first call of each kind in turn, and sees the error arrive
// and go away.
func TestEachCallCanFail(t *testing.T) {
	for i, c := range []struct {
		fault Fault
		sql   string
		want  error
	}{
		{Fault{On: Write}, insert, sqlite3.IOERR_WRITE},
		{Fault{On: Write, Nth: 2, Suffix: "-wal", Err: Full}, insert, sqlite3.IOERR_WRITE},
		{Fault{On: Write, Torn: true}, insert, sqlite3.IOERR_WRITE},
		{Fault{On: Sync}, insert, sqlite3.IOERR_FSYNC},
		{Fault{On: Sync, After: true}, insert, sqlite3.IOERR_FSYNC},
		{Fault{On: ShmLock}, insert, sqlite3.IOERR_SHMLOCK},
		{Fault{On: Read, Persistent: true}, "PRAGMA wal_checkpoint; VACUUM", sqlite3.IOERR_READ},
		{Fault{On: Truncate | Size | Lock | Delete, Err: sqlite3.BUSY}, "PRAGMA journal_mode=DELETE", sqlite3.BUSY},
	} {
		t.Run(fmt.Sprint(i, " ", c.fault.On), func(t *testing.T) {
			v, conn, _ := open(t)
			if err := conn.Exec(insert); err != nil {
				t.Fatal(err)
			}
			v.Arm(c.fault)
			if err := conn.Exec(c.sql); !errors.Is(err, c.want) {
				t.Errorf("error is %v, want %v", err, c.want)
			}
			if v.Fired() == 0 || v.Matched() < v.Fired() {
				t.Errorf("%d calls failed of %d", v.Fired(), v.Matched())
			}
			if n := v.Disarm(); n == 0 || n > 1 && !c.fault.Persistent {
				t.Errorf("%d calls failed", n)
			}
			if err := conn.Exec(insert); err != nil {
				t.Errorf("after Disarm: %v", err)
			}
		})
	}
}

// TestShmMap fails the mapping of shared memory, which opening a WAL does.
func TestShmMap(t *testing.T) {
	v, _, path := open(t)
	v.Arm(Fault{On: ShmMap, Persistent: true})
	c, err := sqlite3.Open("file:" + path + "?vfs=" + v.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Exec("SELECT * FROM t"); !errors.Is(err, sqlite3.CANTOPEN) {
		t.Errorf("error is %v, want CANTOPEN", err)
	}
	v.Disarm()
	if err := c.Exec("SELECT * FROM t"); err != nil {
		t.Errorf("after Disarm: %v", err)
	}
}

// TestPanicComesThroughTheEngine: the panic comes through the engine.
func TestPanicComesThroughTheEngine(t *testing.T) {
	v, c, _ := open(t)
	v.Arm(Fault{On: Write, Panic: true})
	defer func() {
		if p := recover(); p != Panicked {
			t.Errorf("recovered %v", p)
		}
		if v.Disarm() != 1 {
			t.Error("no call failed")
		}
	}()
	err := c.Exec(insert)
	t.Errorf("Exec returned %v", err)
}

// TestFullDiskGainsRoom writes until the disk is full, and gains room by cutting the WAL.
func TestFullDiskGainsRoom(t *testing.T) {
	v, c, _ := open(t)
	v.SetRoom(200_000)
	n := 0
	var err error
	for ; err == nil; n++ {
		err = c.Exec(insert)
	}
	if !errors.Is(err, sqlite3.IOERR_WRITE) || n < 5 || v.Room() != 0 {
		t.Errorf("after %d inserts: error %v, room for %d", n, err, v.Room())
	}
	v.SetRoom(1 << 20)
	if err := c.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	if v.Room() < 1<<20 {
		t.Errorf("room for %d bytes after the WAL was cut, want more than before", v.Room())
	}
	v.SetRoom(-1)
	if v.Room() != -1 {
		t.Error("the limit stays")
	}
	if err := c.Exec(insert); err != nil {
		t.Error(err)
	}
}

// TestImagesHaveEveryByte composes images from a log made by hand, where every byte is
// known.
func TestImagesHaveEveryByte(t *testing.T) {
	l := newLog(&VFS{})
	l.before = map[string][]byte{"old": []byte("abc"), "new": nil}
	for _, c := range []change{
		{kind: written, path: "old", at: 1, data: []byte("XY")}, // 1
		{kind: synced, path: "old"},
		{kind: written, path: "old", at: 3, data: bytes.Repeat([]byte("Z"), 2000)},
		{kind: written, path: "new", data: []byte("n")},
		{kind: cut, path: "old", at: 2}, // 5
		{kind: removed, path: "old", durable: true},
		{kind: written, path: "old", at: 1, data: []byte("!")},
	} {
		l.add(c)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for at, want := range []Image{
		{"old": []byte("abc")},
		{"old": []byte("abc")},
		{"old": []byte("aXY")},
		{"old": []byte("aXY")},
		{"old": []byte("aXY")},
		{"old": []byte("aXY")},
		{},
		{},
	} {
		if diff := cmp.Diff(want, l.Image(at, Dropped, rng)); diff != "" {
			t.Errorf("dropped, at %d (-want +got):\n%s", at, diff)
		}
	}
	seen := map[string]bool{}
	for range 200 {
		seen[string(l.Image(5, Operations, rng)["old"])] = true
	}
	full := "aXY" + string(bytes.Repeat([]byte("Z"), 2000))
	if want := map[string]bool{"aXY": true, full: true, "aX": true}; !cmp.Equal(want, seen) {
		t.Errorf("operations: %d images, want the three that there are", len(seen))
	}
	torn := false
	for range 200 {
		b := l.Image(3, Sectors, rng)["old"]
		if !bytes.HasPrefix(b, []byte("aXY")) {
			t.Fatalf("what was synced is lost: %.10q", b)
		}
		zeros := bytes.Count(b, []byte{0})
		torn = torn || zeros > 0 && zeros%sector == 0
	}
	if !torn {
		t.Error("no write was torn by sectors")
	}
}

// TestLastImageOpens composes the last image of a real database, and opens it.
func TestLastImageOpens(t *testing.T) {
	v, c, path := open(t)
	log := v.Record(path, path+"-wal")
	for range 5 {
		if err := c.Exec(insert); err != nil {
			t.Fatal(err)
		}
	}
	log.Stop()
	end := log.Len()
	if err := c.Exec(insert); err != nil {
		t.Fatal(err)
	}
	if end == 0 || log.Len() != end {
		t.Errorf("%d changes, then %d", end, log.Len())
	}
	to := filepath.Join(t.TempDir(), "image.db")
	if err := log.Image(end, Dropped, rand.New(rand.NewPCG(1, 1))).Save(path, to); err != nil {
		t.Fatal(err)
	}
	crashed, err := sqlite3.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer crashed.Close()
	s, _, err := crashed.Prepare("SELECT count(*) FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !s.Step() || s.ColumnInt64(0) != 5 {
		t.Errorf("%d rows, want 5: synchronous is FULL", s.ColumnInt64(0))
	}
}

// TestOpNames: every kind has a name of its own.
func TestOpNames(t *testing.T) {
	names := map[string]bool{}
	for _, k := range Any.Kinds() {
		names[k.String()] = true
	}
	if len(names) != len(opNames) || len(Any.Kinds()) != len(opNames) {
		t.Errorf("%d names for %d kinds", len(names), len(opNames))
	}
}
