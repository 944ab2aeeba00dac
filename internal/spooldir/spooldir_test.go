package spooldir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/schema"
)

func create(t *testing.T) *Dir {
	t.Helper()
	d, err := Create(filepath.Join(t.TempDir(), "x.spool"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func put(t *testing.T, d *Dir, key, content string) bool {
	t.Helper()
	won, err := d.Put("t", key, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return won
}

// temps are the files in the spool that have no name yet.
func temps(t *testing.T, d *Dir) (found []string) {
	t.Helper()
	err := filepath.WalkDir(d.Path(), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), tempPrefix) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func theShard(t *testing.T, d *Dir, key string) *Shard {
	t.Helper()
	folder, err := d.table("t")
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.shard("t", folder, batchfile.Shard(batchfile.Name("t", key)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNameIsGivenOnce(t *testing.T) {
	d := create(t)
	if !put(t, d, "k", "first") || put(t, d, "k", "second") {
		t.Error("the name was not given to the first only")
	}
	s := theShard(t, d, "k")
	c, err := s.Read(batchfile.Name("t", "k"))
	if err != nil || string(c.Data) != "first" {
		t.Errorf("content %q, error %v", c.Data, err)
	}
	if left := temps(t, d); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// sshfs returns EPERM where the name is taken; NFS may return EEXIST for the
// caller's own link when the reply of the first attempt was lost.
func TestFolderDecidesNotTheError(t *testing.T) {
	d := create(t)
	put(t, d, "taken", "first")
	d.link = func(string, string) error { return &os.LinkError{Op: "link", Err: syscall.EPERM} }
	if put(t, d, "taken", "second") {
		t.Error("EPERM for a taken name: reported as won")
	}
	if _, err := d.Put("t", "free", nil); !errors.Is(err, ErrNoHardLinks) {
		t.Errorf("EPERM for a free name: %v, want ErrNoHardLinks", err)
	}
	d.link = func(old, new string) error {
		if err := os.Link(old, new); err != nil {
			return err
		}
		return &os.LinkError{Op: "link", Err: syscall.EEXIST}
	}
	if !put(t, d, "own", "first") {
		t.Error("EEXIST for the caller's own link: reported as lost")
	}
	d.link = func(string, string) error { return &os.LinkError{Op: "link", Err: syscall.EIO} }
	if _, err := d.Put("t", "lost", nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("EIO: %v, want ErrUnknown", err)
	}
	if left := temps(t, d); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestDoneOfWaitingAndCollected(t *testing.T) {
	d := create(t)
	done := func(key string) bool {
		t.Helper()
		is, err := d.Done("t", key)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	if done("k") {
		t.Error("done before anything")
	}
	put(t, d, "k", "x")
	if !done("k") || done("other") {
		t.Error("a waiting batch is not what is done")
	}
	s := theShard(t, d, "k")
	name := batchfile.Name("t", "k")
	c, err := s.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	entry := Collected{Name: strings.TrimSuffix(name, batchfile.Suffix), Digest: "d", Rows: 3, At: 4, Key: "k\n\"é"}
	if err := s.Record("one", []Collected{entry, {Name: "other"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(name, c); err != nil {
		t.Fatal(err)
	}
	if !done("k") {
		t.Error("a collected batch is not done")
	}
	all, err := theShard(t, d, "k").Collected("")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Collected{entry}, all[entry.Name]); diff != "" {
		t.Errorf("list (-recorded +read):\n%s", diff)
	}
	if except, err := theShard(t, d, "k").Collected("one"); err != nil || len(except) > 0 {
		t.Errorf("without its own list: %v, %v", except, err)
	}
}

// A collector that is killed while it writes its list leaves half a line.
func TestHalfLineSaysNothing(t *testing.T) {
	d := create(t)
	put(t, d, "k", "x")
	s := theShard(t, d, "k")
	name := batchfile.Name("t", "k")
	line := `["` + strings.TrimSuffix(name, batchfile.Suffix) + `","d",1,2,"k"]`
	if err := os.WriteFile(s.Path(listName("one")), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.Path(name)); err != nil {
		t.Fatal(err)
	}
	if done, err := d.Done("t", "k"); err != nil || done {
		t.Errorf("half a line: done is %v, %v", done, err)
	}
	if all, err := theShard(t, d, "k").Collected(""); err != nil || len(all) > 0 {
		t.Errorf("half a line: %v, %v", all, err)
	}
}

// A file that took the name after the other was read is not removed with it.
func TestRemoveOnlyWhatWasRead(t *testing.T) {
	d := create(t)
	put(t, d, "k", "first")
	s := theShard(t, d, "k")
	name := batchfile.Name("t", "k")
	c, err := s.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	keep := filepath.Join(t.TempDir(), "kept") // so that its inode is not used again
	if err := os.Rename(s.Path(name), keep); err != nil {
		t.Fatal(err)
	}
	put(t, d, "k", "second")
	if err := s.Remove(name, c); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Read(name); err != nil || string(again.Data) != "second" {
		t.Errorf("%q, %v", again.Data, err)
	}
}

func TestSetAside(t *testing.T) {
	d := create(t)
	put(t, d, "k", "x")
	s := theShard(t, d, "k")
	path, err := s.SetAside(batchfile.Name("t", "k"), "because")
	if err != nil {
		t.Fatal(err)
	}
	found, err := d.Damaged()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Damaged{{Path: path, Reason: "because", Bytes: 1}}, found); diff != "" {
		t.Errorf("damaged (-want +got):\n%s", diff)
	}
	if gone, err := s.SetAside(batchfile.Name("t", "k"), "again"); err != nil || gone != "" {
		t.Errorf("a file that is gone: %q, %v", gone, err)
	}
	if found, err := d.Damaged(); err != nil || len(found) != 1 {
		t.Errorf("damaged: %v, %v", found, err)
	}
}

func TestForeignFolderIsNoSpool(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, 0o700); !errors.Is(err, ErrNotSpool) {
		t.Errorf("a folder with other files: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNotSpool) {
		t.Errorf("an empty folder: %v", err)
	}
	d := create(t)
	if err := os.WriteFile(filepath.Join(d.Path(), marker), []byte("2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(d.Path(), 0o700); !errors.Is(err, ErrNotSpool) {
		t.Errorf("a newer format: %v", err)
	}
	if _, err := Create(filepath.Join(dir, "none", "x"), 0o700); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder above: %v", err)
	}
}

func TestPermissionsFollowTheFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o770); err != nil {
		t.Fatal(err)
	}
	d, err := Create(path, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	put(t, d, "k", "x")
	s := theShard(t, d, "k")
	if err := s.Record("one", []Collected{{Name: "n"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetAside(batchfile.Name("t", "k"), "r"); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(path, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o660)
		if e.IsDir() {
			want = 0o770
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestColumnsByNumber(t *testing.T) {
	d := create(t)
	one, err := schema.New("a/b", []schema.Column{{Name: "x", Type: schema.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	two, err := schema.New("a/b", []schema.Column{{Name: "x", Type: schema.Int64}, {Name: "y", Type: schema.Text, Nullable: true}})
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		number int
		schema *schema.Schema
		won    bool
	}{{1, one, true}, {1, two, false}, {2, two, true}} {
		if won, err := d.SetSchema(step.number, step.schema); err != nil || won != step.won {
			t.Errorf("step %d: %v, %v", i, won, err)
		}
	}
	number, got, err := d.Schema("a/b")
	if err != nil || number != 2 || got.Fingerprint() != two.Fingerprint() {
		t.Errorf("number %d, %v, %v", number, got, err)
	}
	if names, err := d.Tables(); err != nil || !cmp.Equal(names, []string{"a/b"}) {
		t.Errorf("tables %q, %v", names, err)
	}
	if number, none, err := d.Schema("other"); err != nil || number != 0 || none != nil {
		t.Errorf("another table: %d, %v, %v", number, none, err)
	}
}
