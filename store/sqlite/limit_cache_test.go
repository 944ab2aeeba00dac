package sqlite

import (
	"os"
	"strconv"
	"testing"
)

// A limit of the page cache holds until it is released, also on the connection that
// takes the place of one whose engine has failed. Of several, the lowest counts.
func TestLimitCache(t *testing.T) {
	db := openTest(t, tempPath(t), Options{CacheKiB: 3000})
	want := func(when string, kib int) {
		t.Helper()
		got := ""
		err := db.file.exclusively(t.Context(), func(w *writer) (err error) {
			got, err = w.conn.text("PRAGMA cache_size")
			return err
		})
		if err != nil || got != strconv.Itoa(-kib) {
			t.Errorf("%s: cache_size is %s (%v), want %d", when, got, err, -kib)
		}
	}
	limit := func(kib int) (release func()) {
		t.Helper()
		release, err := db.LimitCache(t.Context(), kib)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	first, second, third := limit(2000), limit(1000), limit(9000)
	want("with limits", 1000)
	second()
	want("without the lowest", 2000)
	if err := db.file.exclusively(t.Context(), func(w *writer) error { w.replace(); return nil }); err != nil {
		t.Fatal(err)
	}
	want("on another connection", 2000)
	first()
	want("with a limit above the size", 3000)
	third()
	want("without limits", 3000)
}

// A limit that is released while the engine has failed, and the file cannot be opened,
// does not hold for the next connection.
func TestLimitCacheReleasedWithoutConnection(t *testing.T) {
	path := tempPath(t)
	db := openTest(t, path, Options{CacheKiB: 3000})
	release, err := db.LimitCache(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.file.exclusively(t.Context(), func(w *writer) error { w.replace(); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	release()
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	err = db.file.exclusively(t.Context(), func(w *writer) error {
		got, err := w.conn.text("PRAGMA cache_size")
		if got != "-3000" {
			t.Errorf("cache_size is %s, want -3000", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
