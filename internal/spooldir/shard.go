package spooldir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/fileid"
)

// Shard is one of the 256 folders of a table, as it was when it was read.
type Shard struct {
	Table   string
	Batches []string // names of batch files
	Temps   []string // names of files that a writer has not finished, or never will
	Foreign []string // names of anything else
	lists   []string
	path    string
	dir     *Dir
}

// Shards calls visit with the shards of a table that exist.
func (d *Dir) Shards(table string, visit func(*Shard) error) error {
	folder, err := d.table(table)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); len(name) != 2 || strings.Trim(name, "0123456789abcdef") != "" {
			continue
		}
		s, err := d.shard(table, folder, e.Name())
		if err != nil {
			return err
		}
		if err := visit(s); err != nil {
			return err
		}
	}
	return nil
}

// ShardOf calls visit with the shard of a key. It returns an error that wraps
// fs.ErrNotExist if the shard does not exist.
func (d *Dir) ShardOf(table, key string, visit func(*Shard) error) error {
	folder, err := d.table(table)
	if err != nil {
		return err
	}
	s, err := d.shard(table, folder, batchfile.Shard(batchfile.Name(table, key)))
	if err != nil {
		return err
	}
	return visit(s)
}

func (d *Dir) shard(table, folder, name string) (*Shard, error) {
	s := &Shard{Table: table, path: filepath.Join(folder, name), dir: d}
	entries, err := os.ReadDir(s.path)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case batchfile.IsName(name) && strings.HasPrefix(name, filepath.Base(s.path)):
			s.Batches = append(s.Batches, name)
		case isList(name):
			s.lists = append(s.lists, name)
		case strings.HasPrefix(name, tempPrefix):
			s.Temps = append(s.Temps, name)
		case !strings.HasPrefix(name, "."): // NFS, macOS and editors leave such files
			s.Foreign = append(s.Foreign, name)
		}
	}
	return s, nil
}

// Path is the path of a file of the shard.
func (s *Shard) Path(name string) string { return filepath.Join(s.path, name) }

// Refresh reads the shard again. On a network file system it has the client drop
// what it remembers of the folder, by changing it: otherwise a file that another
// host created within the last minute may be missing.
func (s *Shard) Refresh(remote bool) (*Shard, error) {
	if remote {
		path := s.Path(tempPrefix + Random())
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, s.dir.perm&0o666)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(f.Close(), os.Remove(path)); err != nil {
			return nil, err
		}
	}
	return s.dir.shard(s.Table, filepath.Dir(s.path), filepath.Base(s.path))
}

// Remote reports whether the spool is on a file system that several hosts share.
func (d *Dir) Remote() bool {
	system, err := fileid.FileSystem(d.path)
	return err == nil && system.Unsafe
}

// Random returns 16 random hexadecimal digits.
func Random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Size is the size of a file in bytes, 0 for what is not a regular file.
func (s *Shard) Size(name string) (int64, error) {
	info, err := os.Lstat(s.Path(name))
	if err != nil || !info.Mode().IsRegular() {
		return 0, err
	}
	return info.Size(), nil
}

// ErrNotFile is returned by Read for a name of something other than a regular
// file.
var ErrNotFile = errors.New("not a regular file")

// Content is a file that was read, and which file that was.
type Content struct {
	Data []byte
	info fs.FileInfo
}

// Read reads a file of the shard. It returns an error that wraps fs.ErrNotExist
// where another process has collected it.
func (s *Shard) Read(name string) (c Content, err error) {
	path := s.Path(name)
	if c.info, err = os.Lstat(path); err != nil {
		return c, err
	}
	if !c.info.Mode().IsRegular() {
		return c, fmt.Errorf("%s: %w", path, ErrNotFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer f.Close()
	if c.info, err = f.Stat(); err != nil {
		return c, err
	}
	if c.info.Size() > batchfile.MaxSize {
		return c, nil // without data it is damaged
	}
	c.Data = make([]byte, c.info.Size())
	_, err = io.ReadFull(f, c.Data)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // it was cut off meanwhile, which its checksum shows
	}
	return c, err
}

// Placed returns what is wrong with the name and the folder of a file, as an
// error that wraps batchfile.ErrDamaged.
func (s *Shard) Placed(name string, f *batchfile.File) error {
	if table := f.Schema.Name(); table != s.Table {
		return fmt.Errorf("%w: it holds table %q, and its folder is that of %q", batchfile.ErrDamaged, table, s.Table)
	}
	if want := batchfile.Name(s.Table, f.Key); name != want {
		return fmt.Errorf("%w: it holds key %q, whose file is %s", batchfile.ErrDamaged, f.Key, want)
	}
	return nil
}

// Size is the size of the file in bytes.
func (c Content) Size() int64 { return c.info.Size() }

// Remove removes the file that c was read from. A file that has taken its name
// since stays, and so does the absence of one.
func (s *Shard) Remove(name string, c Content) error {
	info, err := os.Lstat(s.Path(name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, c.info) {
		return nil
	}
	if err == nil {
		err = os.Remove(s.Path(name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
