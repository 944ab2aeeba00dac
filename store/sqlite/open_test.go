package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestOpenRefuses opens what would lose data later.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir) // an invalid path must not become a file, here or elsewhere
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	galley := func(name string) string {
		path := filepath.Join(dir, name)
		db, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	c, err := sqlite3.Open(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Exec("CREATE TABLE t(x)"), c.Close()); err != nil {
		t.Fatal(err)
	}
	linked := galley("linked.db")
	if err := os.Link(linked, filepath.Join(dir, "other name.db")); err != nil {
		t.Fatal(err)
	}
	newer := galley("newer.db")
	patch(t, newer, 18, []byte{9, 9})
	broken := galley("broken.db")
	patch(t, broken, 100, make([]byte, 4000))

	network := func(string) (fileid.FS, error) { return fileid.FS{Name: "nfs", Unsafe: true}, nil }
	for _, c := range []struct {
		name, path string
		opts       Options
		want       error
		says       string
	}{
		{"empty path", "", Options{}, fileid.ErrPath, ""},
		{"NUL", "a\x00b", Options{}, fileid.ErrPath, ""},
		{":memory:", ":memory:", Options{}, fileid.ErrPath, ""},
		{"URI", "file:x.db?mode=memory", Options{}, fileid.ErrPath, ""},
		{"no folder", filepath.Join(dir, "none", "x.db"), Options{}, fs.ErrNotExist, "create it first"},
		{"nothing to read", filepath.Join(dir, "none.db"), Options{ReadOnly: true}, fs.ErrNotExist, ""},
		{"a folder", dir, Options{}, store.ErrNotGalley, "regular"},
		{"empty file", write("empty.db", ""), Options{}, store.ErrNotGalley, "truncated"},
		{"text", write("text.db", strings.Repeat("some text ", 100)), Options{}, store.ErrNotGalley, ""},
		{"short", write("short.db", "SQLite format 3\x00"), Options{}, store.ErrNotGalley, ""},
		{"foreign SQLite", foreign, Options{}, store.ErrNotGalley, "application id"},
		{"hard link", linked, Options{}, ErrHardLink, "remove the others"},
		{"newer format", newer, Options{}, store.ErrNotGalley, "a newer SQLite format"},
		{"damaged", broken, Options{}, store.ErrNotGalley, ""},
		{"network", filepath.Join(dir, "net.db"), Options{fileSystem: network}, store.ErrUnsupportedFS, "local disk"},
		{"negative", filepath.Join(dir, "o.db"), Options{Readers: -1}, store.ErrOptions, ""},
		{"page size", filepath.Join(dir, "o.db"), Options{PageSize: 1000}, store.ErrOptions, "PageSize"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := names(t, dir)
			db, err := Open(t.Context(), c.path, c.opts)
			if err == nil {
				db.Close()
				t.Fatal("it was opened")
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %q, want one of %q that says %q", err, c.want, c.says)
			}
			if diff := cmp.Diff(before, names(t, dir)); diff != "" {
				t.Errorf("files changed (-before +after):\n%s", diff)
			}
		})
	}
}

// names lists a folder, without the -wal and -shm that come and go.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "-wal") && !strings.HasSuffix(e.Name(), "-shm") {
			all = append(all, e.Name())
		}
	}
	return all
}

// patch overwrites bytes of a file.
func patch(t testing.TB, path string, at int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(b, at)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestOpenForeignWAL puts the WAL of one database beside another.
func TestOpenForeignWAL(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")
	first, err := Open(t.Context(), a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	ensured(t, first) // changes page 1, in the WAL
	wal, err := os.ReadFile(a + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(t.Context(), b, Options{})
	if err == nil {
		err = second.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b+"-wal", wal, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), b, Options{})
	if !errors.Is(err, store.ErrNotGalley) || !strings.Contains(err.Error(), "-wal belongs to another database") {
		t.Errorf("error is %v, want store.ErrNotGalley that speaks of the -wal", err)
	}
	if err == nil {
		db.Close()
	}
}

// TestOpenSpellings opens one file by several spellings of its path, which
// must share one writer.
func TestOpenSpellings(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{})
	dir := filepath.Dir(path)
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, spelling := range []string{
		link, "test.db", "./test.db", filepath.Join(dir, "..", filepath.Base(dir), "test.db"),
	} {
		other := openTest(t, spelling, Options{})
		if other.file != db.file {
			t.Errorf("%s has a writer of its own", spelling)
		}
	}
	if _, err := Open(t.Context(), path, Options{Durability: Full}); !errors.Is(err, store.ErrOptions) {
		t.Errorf("another Durability: error is %v, want ErrOptions", err)
	}
}

// TestOpenAtOnce creates one file from many goroutines, and from files that
// are closed and opened again meanwhile.
func TestOpenAtOnce(t *testing.T) {
	path := tempPath(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 10 {
				db, err := Open(context.Background(), path, Options{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Ensure(context.Background(), pointSchema(t, "points"), store.Strict); err != nil {
					t.Error(err)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	if diff := cmp.Diff([]string{"test.db"}, names(t, filepath.Dir(path))); diff != "" {
		t.Errorf("files left (-want +got):\n%s", diff)
	}
}

// TestSettingsHoldOnEveryConnection reads back every setting on the writer, on a reader, and on
// connections opened later.
func TestSettingsHoldOnEveryConnection(t *testing.T) {
	for _, d := range []Durability{Normal, Full} {
		db := openTest(t, tempPath(t), Options{Durability: d, PageSize: 16384})
		want := map[string]string{
			"journal_mode": "wal", "synchronous": map[Durability]string{Normal: "1", Full: "2"}[d],
			"busy_timeout": "0", "cache_size": "-64000", "foreign_keys": "1", "trusted_schema": "0",
			"wal_autocheckpoint": "0", "journal_size_limit": "33554432", "page_size": "16384", "query_only": "0",
		}
		read := func(c *conn) map[string]string {
			got := map[string]string{}
			for name := range want {
				v, err := c.text("PRAGMA " + name)
				if err != nil {
					t.Fatal(err)
				}
				got[name] = v
			}
			return got
		}
		if diff := cmp.Diff(want, read(db.file.writer.conn)); diff != "" {
			t.Errorf("writer, %v (-want +got):\n%s", d, diff)
		}
		want["cache_size"], want["query_only"], want["busy_timeout"] = "-4000", "1", "5"
		for range 2 {
			rd, err := db.file.readers.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer db.file.readers.release(rd)
			if diff := cmp.Diff(want, read(rd.conn)); diff != "" {
				t.Errorf("reader, %v (-want +got):\n%s", d, diff)
			}
			if err := rd.conn.Exec("CREATE TABLE t(x)"); err == nil {
				t.Error("a reader may write")
			}
		}
	}
}

// TestSettingIgnored: a setting that SQLite does not take, without a word, is
// noticed on the first connection.
func TestSettingIgnored(t *testing.T) {
	if strconv.IntSize == 32 {
		t.Skip("each number of the option fits the engine's 32 bits")
	}
	kib := math.MaxInt // the engine holds 31 bits of it
	db, err := Open(t.Context(), tempPath(t), Options{CacheKiB: kib})
	if err == nil {
		db.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "after it was set to") {
		t.Errorf("error is %v, want one that names the setting", err)
	}
}

// TestOpenContextEnds: the context of Open bounds the opening alone.
func TestOpenContextEnds(t *testing.T) {
	testtime.Seconds(t)
	ctx, cancel := context.WithCancel(t.Context())
	db, err := Open(ctx, tempPath(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	cancel()
	s := ensured(t, db)
	if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 3)}); err != nil {
		t.Error(err)
	}
	wantPoints(t, db, s, makePoints(0, 3))
}

// TestFilesAreNoWiderThanAsked: no file is wider than asked for.
func TestFilesAreNoWiderThanAsked(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps no permission bits; run on Linux or macOS")
	}
	for _, perm := range []fs.FileMode{0o600, 0o640, 0} {
		path := tempPath(t)
		db := openTest(t, path, Options{Perm: perm})
		s := ensured(t, db)
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 10)}); err != nil {
			t.Fatal(err)
		}
		want := perm
		if perm == 0 {
			want = 0o600
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got&^want != 0 {
				t.Errorf("Perm %v: the mode of %q is %v", perm, suffix, got)
			}
		}
	}
}

// TestEngineFloor holds the version floor against versions around it.
func TestEngineFloor(t *testing.T) {
	testtime.Seconds(t)
	for version, ok := range map[string]bool{
		"3.51.3": true, "3.51.4": true, "3.52.0": true, "4.0.0": true, "3.100.0": true,
		"3.51.2": false, "3.50.9": false, "3.9.1": false, "2.99.99": false, "": false, "x.y.z": false,
	} {
		if err := checkEngine(version); ok != (err == nil) || (err != nil && !errors.Is(err, ErrEngineVersion)) {
			t.Errorf("%q: error is %v", version, err)
		}
	}
	defer func(floor [3]int) { minEngine = floor }(minEngine)
	minEngine = [3]int{99}
	path := tempPath(t)
	if db, err := Open(t.Context(), path, Options{}); !errors.Is(err, ErrEngineVersion) {
		t.Errorf("Open: error is %v, want ErrEngineVersion", err)
		if err == nil {
			db.Close()
		}
	}
}

// TestOddPaths opens files whose names mean something to SQLite, to a shell
// or to a URI.
func TestOddPaths(t *testing.T) {
	for _, name := range []string{"a b.db", "%41.db", "q?mode=memory", "x#y.db", "ü€.db", "a'b\".db", "&vfs=os.db", "=", "-wal"} {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, `?"`) {
			continue
		}
		dir := t.TempDir()
		db, err := Open(t.Context(), filepath.Join(dir, name), Options{})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		s := ensured(t, db)
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(0, 40)}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		wantPoints(t, db, s, makePoints(0, 40))
		if err := db.Close(); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		entries, _ := os.ReadDir(dir)
		if len(entries) != 1 || entries[0].Name() != name {
			t.Errorf("%q: the folder has %v", name, entries)
		}
	}
}

// TestInMemory: a database without a file, with readers beside the writer.
func TestInMemory(t *testing.T) {
	db := openTest(t, "", Options{inMemory: true})
	other := openTest(t, "", Options{inMemory: true})
	s := ensured(t, db)
	ensured(t, other)
	n := 0
	for i := range 3 {
		if _, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(40*i, 40)}); err != nil {
			t.Fatal(err)
		}
		err := db.Query(t.Context(), store.Select{Schema: s}, func(schema.Reader) (bool, error) {
			n++
			if n == 1 { // write while reading
				_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: makePoints(1000, 1)})
				return true, err
			}
			return true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := 40 + 81 + 121; n != want {
		t.Errorf("%d rows read, want %d", n, want)
	}
	wantPoints(t, other, s, nil)
	if err := db.Clear(t.Context()); err != nil {
		t.Error(err)
	}
}
