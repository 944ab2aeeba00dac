package faultvfs

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFolderStatesAreComplete replaces a file with another, step by step, and composes the possible
// states after each step.
func TestFolderStatesAreComplete(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := &VFS{}
	l := v.Record()
	folder, err := l.Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	// see composes many images, and returns what they have as "a", "new" (the
	// file under its first name) and both.
	see := func(loss Loss) map[string]bool {
		seen := map[string]bool{}
		for range 300 {
			var a, fresh = "-", "-"
			for name, b := range l.Image(l.Len(), loss, rng) {
				if strings.HasPrefix(filepath.Base(name), "new") {
					fresh = string(b)
				} else {
					a = string(b)
				}
			}
			seen[a+" "+fresh] = true
		}
		return seen
	}
	check := func(step string, dropped, operations []string) {
		t.Helper()
		for loss, want := range map[Loss][]string{Dropped: dropped, Operations: operations, Sectors: operations} {
			set := map[string]bool{}
			for _, w := range want {
				set[w] = true
			}
			if diff := cmp.Diff(set, see(loss)); diff != "" {
				t.Errorf("%s, %v (-want +got):\n%s", step, loss, diff)
			}
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := folder.Create("new*")
	must(err)
	_, err = f.Write([]byte("now"))
	must(err)
	check("written", []string{"old -"}, []string{"old -", "old ", "old now"})
	must(f.Sync())
	check("synced", []string{"old -"}, []string{"old -", "old now"})
	must(f.Close())
	must(folder.Rename(f.Name(), path))
	check("renamed", []string{"old -"}, []string{"old -", "old now", "now -"})
	must(folder.Sync())
	check("folder synced", []string{"now -"}, []string{"now -"})
	must(folder.Remove(path))
	check("removed", []string{"now -"}, []string{"now -", "- -"})
	l.Stop()
	if _, err := folder.Create("new*"); err != nil {
		t.Fatal(err)
	}
	check("stopped", []string{"now -"}, []string{"now -", "- -"})
	to := t.TempDir()
	must(l.Image(0, Dropped, rng).SaveFolder(dir, to))
	if b, err := os.ReadFile(filepath.Join(to, "a")); err != nil || string(b) != "old" {
		t.Errorf("saved %q, %v, want the file of the beginning", b, err)
	}
}

// TestSyncFolder: what was removed past a sync of its folder does not come
// back.
func TestSyncFolder(t *testing.T) {
	v := &VFS{}
	l := v.Record()
	d, e := t.TempDir(), t.TempDir()
	dx, ex := filepath.Join(d, "x"), filepath.Join(e, "x")
	l.before[dx], l.before[ex] = []byte("x"), []byte("x")
	l.add(change{kind: removed, path: dx})
	l.add(change{kind: removed, path: ex})
	rng := rand.New(rand.NewPCG(7, 8))
	if diff := cmp.Diff(Image{dx: []byte("x"), ex: []byte("x")}, l.Image(l.Len(), Dropped, rng)); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	if err := v.SyncFolder(d); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Image{ex: []byte("x")}, l.Image(l.Len(), Dropped, rng)); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
	v.Arm(Fault{On: Sync})
	if err := v.SyncFolder(e); err == nil {
		t.Error("the sync does not fail")
	}
	if diff := cmp.Diff(Image{ex: []byte("x")}, l.Image(l.Len(), Dropped, rng)); diff != "" {
		t.Errorf("after a sync that failed (-want +got):\n%s", diff)
	}
}
