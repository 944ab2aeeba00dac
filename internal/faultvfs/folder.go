package faultvfs

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/galley-db/galley/internal/durable"
)

// Folder changes a folder through the operating system, and takes each change
// down in its log, among those of the databases. A name and what is in the file
// are synced apart: a file may come out of a power loss whole and without
// its name, or under its name and empty.
type Folder struct {
	log  *Log
	path string
	now  map[string]string // the file that each name is of
}

// Folder returns the folder at path. What is in it now counts as synced.
func (l *Log) Folder(path string) (*Folder, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	l.vfs.mu.Lock()
	defer l.vfs.mu.Unlock()
	f := &Folder{log: l, path: path, now: map[string]string{}}
	for _, e := range entries {
		if full := filepath.Join(path, e.Name()); e.Type().IsRegular() {
			f.now[e.Name()], l.files[full] = full, content(full)
		}
	}
	l.folders[path] = maps.Clone(f.now)
	return f, nil
}

// note takes a change down, unless the log was stopped. The caller holds the
// lock.
func (f *Folder) note(c change) {
	if f.log.vfs.log == f.log {
		f.log.changes = append(f.log.changes, c)
	}
}

func (f *Folder) lock() (unlock func()) {
	f.log.vfs.mu.Lock()
	return f.log.vfs.mu.Unlock
}

// Create makes a new file, as os.CreateTemp does.
func (f *Folder) Create(pattern string) (*FolderFile, error) {
	defer f.lock()()
	file, err := os.CreateTemp(f.path, pattern)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(file.Name())
	id := fmt.Sprintf("%s#%d", file.Name(), len(f.log.changes))
	f.now[name], f.log.files[id] = id, []byte{}
	f.note(change{kind: linked, path: f.path, name: name, file: id})
	return &FolderFile{folder: f, file: file, id: id}, nil
}

// Rename gives a file of the folder another name, in one step.
func (f *Folder) Rename(from, to string) error {
	defer f.lock()()
	if err := os.Rename(from, to); err != nil {
		return err
	}
	c := change{kind: linked, path: f.path, name: filepath.Base(to), from: filepath.Base(from)}
	c.file = f.now[c.from]
	delete(f.now, c.from)
	f.now[c.name] = c.file
	f.note(c)
	return nil
}

// Remove takes a file of the folder away.
func (f *Folder) Remove(path string) error {
	defer f.lock()()
	if err := os.Remove(path); err != nil {
		return err
	}
	name := filepath.Base(path)
	delete(f.now, name)
	f.note(change{kind: unlinked, path: f.path, name: name})
	return nil
}

// Sync makes the names of the folder durable.
func (f *Folder) Sync() error {
	defer f.lock()()
	if err := durable.Folder(f.path); err != nil {
		return err
	}
	f.note(change{kind: settled, path: f.path})
	return nil
}

// FolderFile is a new file in a Folder, which is written from its beginning to
// its end.
type FolderFile struct {
	folder *Folder
	file   *os.File
	id     string
	size   int64
}

// Name is the path that the file was created with.
func (f *FolderFile) Name() string { return f.file.Name() }

// Chmod changes the permissions, which no image has.
func (f *FolderFile) Chmod(perm fs.FileMode) error { return f.file.Chmod(perm) }

// Close closes the file, and syncs nothing.
func (f *FolderFile) Close() error { return f.file.Close() }

func (f *FolderFile) Write(b []byte) (int, error) {
	defer f.folder.lock()()
	n, err := f.file.Write(b)
	f.folder.note(change{kind: written, path: f.id, at: f.size, data: slices.Clone(b[:n])})
	f.size += int64(n)
	return n, err
}

// Sync makes durable what was written, and not the file's name.
func (f *FolderFile) Sync() error {
	defer f.folder.lock()()
	if err := f.file.Sync(); err != nil {
		return err
	}
	f.folder.note(change{kind: synced, path: f.id})
	return nil
}
