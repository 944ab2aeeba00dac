package spooldir

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/durable"
)

// ErrNotSpool is returned when a folder is not a spool.
var ErrNotSpool = errors.New("not a spool")

const (
	marker     = "galley-spool" // the file that makes a folder a spool
	version    = "1\n"          // what is in it
	tables     = "tables"
	damagedDir = "damaged"
	tempPrefix = ".tmp-" // of a file that has no name yet
)

// Dir is a spool's folder. It is safe for use by several goroutines at once.
type Dir struct {
	path string
	perm fs.FileMode                 // of the folder, which its files and folders get
	link func(old, new string) error // os.Link
}

// IsSpool reports whether the folder at path is a spool.
func IsSpool(path string) bool {
	info, err := os.Lstat(filepath.Join(path, marker))
	return err == nil && info.Mode().IsRegular()
}

// Open opens the spool at path. It returns an error that wraps ErrNotSpool, or
// fs.ErrNotExist.
func Open(path string) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{path: path, link: os.Link}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s: %w: it is a file", path, ErrNotSpool)
	}
	d.perm = info.Mode() & (fs.ModePerm | fs.ModeSetgid)
	said, err := os.ReadFile(filepath.Join(path, marker))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w: it has no file %s", path, ErrNotSpool, marker)
	case err != nil:
		return nil, err
	case string(said) != version:
		return nil, fmt.Errorf("%s: %w of format 1: %s says %q; use a newer galley", path, ErrNotSpool, marker, said)
	}
	return d, nil
}

// Create opens the spool at path, and creates it where there is none, with the
// permissions perm where the folder does not exist.
func Create(path string, perm fs.FileMode) (*Dir, error) {
	d, err := Open(path)
	if err == nil || !errors.Is(err, ErrNotSpool) && !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.Mkdir(path, perm); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if err := durable.Folder(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	name := func(name string) func(fs.DirEntry) bool {
		return func(e fs.DirEntry) bool { return e.Name() == name }
	}
	taken := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") })
	if taken && !slices.ContainsFunc(entries, name(marker)) {
		return nil, fmt.Errorf("%s: %w, and it is not empty; choose a new folder", path, ErrNotSpool)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	fresh := &Dir{path: path, perm: info.Mode() & (fs.ModePerm | fs.ModeSetgid), link: os.Link}
	if _, err := fresh.publish(path, marker, []byte(version)); err != nil {
		return nil, err
	}
	return Open(path)
}

// Path is the absolute path of the folder.
func (d *Dir) Path() string { return d.path }

// Tables returns the names of the tables, in their order.
func (d *Dir) Tables() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(d.path, tables))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name, err := url.PathUnescape(e.Name())
		if err != nil || !e.IsDir() {
			continue
		}
		if folder, err := batchfile.Folder(name); err == nil && folder == e.Name() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// table is the folder of a table.
func (d *Dir) table(name string) (string, error) {
	folder, err := batchfile.Folder(name)
	if err != nil {
		return "", err
	}
	return filepath.Join(d.path, tables, folder), nil
}

// mkdirs creates the folders of a table, durably: a batch that is in one of
// them must not lose it.
func (d *Dir) mkdirs(table string, shards ...string) error {
	create := func(path string) error {
		err := os.Mkdir(path, d.perm.Perm())
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		if err == nil {
			_ = os.Chmod(path, d.perm) // whatever the umask says, where the file system has permissions
		}
		return err
	}
	for _, path := range []string{filepath.Dir(table), table} {
		if err := create(path); err != nil {
			return err
		}
	}
	for _, shard := range shards {
		if err := create(filepath.Join(table, shard)); err != nil {
			return err
		}
	}
	for _, path := range []string{table, filepath.Dir(table), d.path} {
		if err := durable.Folder(path); err != nil {
			return err
		}
	}
	return nil
}

// shards are the names of a table's folders.
func shards() []string {
	names := make([]string, 256)
	for i := range names {
		names[i] = fmt.Sprintf("%02x", i)
	}
	return names
}
