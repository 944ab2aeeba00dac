package spooldir

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/durable"
)

// SetAside moves a file of the shard into the folder damaged of the spool, with
// the reason in a text file beside it, and returns its new path. It returns ""
// where another process has moved or removed it.
func (s *Shard) SetAside(name, reason string) (string, error) {
	folder := filepath.Join(s.dir.path, damagedDir)
	if err := os.Mkdir(folder, s.dir.perm.Perm()); err == nil {
		_ = os.Chmod(folder, s.dir.perm)
		if err := durable.Folder(s.dir.path); err != nil {
			return "", err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	base := filepath.Base(filepath.Dir(s.path)) + "-" + strings.TrimPrefix(name, ".")
	if len(base) > 220 {
		base = base[len(base)-220:]
	}
	path := filepath.Join(folder, base+"-"+Random())
	// The reason comes first: a file without one would say nothing.
	text := "table: " + s.Table + "\nfile: " + s.Path(name) + "\nreason: " + reason + "\n"
	if err := s.dir.write(path+".txt", []byte(text)); err != nil {
		return "", err
	}
	err := os.Rename(s.Path(name), path)
	if err != nil {
		err = errors.Join(err, os.Remove(path+".txt"))
		if _, there := os.Lstat(s.Path(name)); errors.Is(there, fs.ErrNotExist) {
			return "", nil
		}
		return "", err
	}
	return path, errors.Join(durable.Folder(folder), durable.Folder(s.path))
}

// Damaged is a file that was set aside.
type Damaged struct {
	Path   string
	Reason string
	Bytes  int64
}

// Damaged returns the files that were set aside.
func (d *Dir) Damaged() ([]Damaged, error) {
	folder := filepath.Join(d.path, damagedDir)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []Damaged
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".txt") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		item := Damaged{Path: filepath.Join(folder, e.Name())}
		if info, err := e.Info(); err == nil {
			item.Bytes = info.Size()
		}
		if text, err := os.ReadFile(item.Path + ".txt"); err == nil {
			_, reason, _ := strings.Cut(string(text), "\nreason: ")
			item.Reason = strings.TrimSpace(reason)
		}
		found = append(found, item)
	}
	return found, nil
}

// Strangers returns the names in the spool that do not belong there, as paths
// below its folder.
func (d *Dir) Strangers() ([]string, error) {
	var found []string
	top, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	for _, e := range top {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !slices.Contains([]string{marker, tables, damagedDir}, name) {
			found = append(found, name)
		}
	}
	known, err := d.Tables()
	if err != nil {
		return nil, err
	}
	folders, err := os.ReadDir(filepath.Join(d.path, tables))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range folders {
		name, err := url.PathUnescape(e.Name())
		if !strings.HasPrefix(e.Name(), ".") && (err != nil || !slices.Contains(known, name)) {
			found = append(found, filepath.Join(tables, e.Name()))
		}
	}
	return found, nil
}
