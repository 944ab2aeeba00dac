package faultvfs

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Log is what was done to files, in order.
type Log struct {
	vfs     *VFS
	before  map[string][]byte // content when the file came into the log, nil where there was none
	changes []change
	folders map[string]map[string]string // by path: the file that each name was of at first
	files   map[string][]byte            // content of a folder's files at first, by what stands for them
}

// change is one entry of a Log.
type change struct {
	kind    kind
	path    string // of the file, or of the folder whose names change
	name    string // in the folder
	from    string // of linked and renamed: the name that the file had, if any
	file    string // of linked: what stands for the file
	at      int64  // offset, or size
	data    []byte
	durable bool // of removed: the folder was synced
}

type kind uint8

const (
	written kind = iota
	cut          // to the size at, or filled up with zeros to it
	grown        // to at least the size at
	synced
	removed
	linked   // a name is the file's
	unlinked // a name belongs to no file
	settled  // the folder was synced
	renamed  // of a database: the path is that of the file that was at from
)

// Record begins a log. What the files at paths hold now counts as synced; a
// file that is opened later counts so from its opening.
func (v *VFS) Record(paths ...string) *Log {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.log = newLog(v)
	for _, p := range paths {
		v.log.begin(p)
	}
	return v.log
}

func newLog(v *VFS) *Log {
	return &Log{vfs: v, before: map[string][]byte{}, folders: map[string]map[string]string{}, files: map[string][]byte{}}
}

// Stop ends the log, which keeps what it has.
func (l *Log) Stop() {
	l.vfs.mu.Lock()
	defer l.vfs.mu.Unlock()
	if l.vfs.log == l {
		l.vfs.log = nil
	}
}

func (l *Log) begin(path string) {
	if _, known := l.before[path]; !known && path != "" {
		l.before[path] = content(path)
	}
}

func (l *Log) add(c change) {
	l.begin(c.path)
	l.changes = append(l.changes, c)
}

// Len is the number of entries: the present moment, for [Log.Image].
func (l *Log) Len() int {
	l.vfs.mu.Lock()
	defer l.vfs.mu.Unlock()
	return len(l.changes)
}

// Loss is what a power loss does to changes that were not synced.
type Loss uint8

// The models of loss. Dropped takes every change since a file's last sync;
// Operations takes a random set of them, the rest being there in their order;
// Sectors takes random 512-byte sectors of them.
const (
	Dropped Loss = iota
	Operations
	Sectors
)

// String returns the model's name.
func (l Loss) String() string { return [...]string{"dropped", "operations", "sectors"}[l] }

const sector = 512

// Image returns the files as they are found after power was lost at the
// moment at. Files that do not exist then are missing. A database's folder
// keeps a name once the file under it was synced, as SQLite syncs the folder
// along with it; a [Folder] does not. To Dropped and Operations a name is as
// other changes are, and Sectors takes it or leaves it.
func (l *Log) Image(at int, loss Loss, rng *rand.Rand) Image {
	l.vfs.mu.Lock()
	defer l.vfs.mu.Unlock()
	image := Image{}
	keep := rng.Float64() // of the changes that were not synced
	for _, path := range slices.Sorted(maps.Keys(l.before)) {
		if b := l.image(path, l.before[path], at, loss, keep, rng); b != nil {
			image[path] = b
		}
	}
	l.rename(image, at, loss, keep, rng)
	for _, folder := range slices.Sorted(maps.Keys(l.folders)) {
		names := l.names(folder, at, loss, keep, rng)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			file := names[name]
			image[filepath.Join(folder, name)] = l.image(file, l.files[file], at, loss, keep, rng)
		}
	}
	return image
}

// rename gives the databases of an image the names that they got, as far as
// these are durable or happen to be there.
func (l *Log) rename(image Image, at int, loss Loss, keep float64, rng *rand.Rand) {
	for i, c := range l.changes[:at] {
		if c.kind != renamed {
			continue
		}
		durable := slices.ContainsFunc(l.changes[i:at], func(s change) bool { return s.kind == settled && s.path == filepath.Dir(c.path) })
		if durable || loss != Dropped && rng.Float64() < keep {
			image[c.path] = extend(image[c.from], 0)
			delete(image, c.from)
		}
	}
}

// names are the names that a folder has, and of which files.
func (l *Log) names(folder string, at int, loss Loss, keep float64, rng *rand.Rand) map[string]string {
	now := maps.Clone(l.folders[folder])
	safe := -1
	for i, c := range l.changes[:at] {
		if c.path == folder && c.kind == settled {
			safe = i
		}
	}
	for i, c := range l.changes[:at] {
		if c.path != folder || i > safe && (loss == Dropped || rng.Float64() >= keep) {
			continue
		}
		switch c.kind {
		case linked:
			delete(now, c.from)
			now[c.name] = c.file
		case unlinked:
			delete(now, c.name)
		}
	}
	return now
}

func (l *Log) image(path string, before []byte, at int, loss Loss, keep float64, rng *rand.Rand) []byte {
	now := slices.Clone(before)
	safe := -1 // the last change that is durable, with those before it
	gone := -1 // when the file was removed
	for i, c := range l.changes[:at] {
		switch {
		case c.kind == settled && c.path == filepath.Dir(path):
			safe = max(safe, gone)
		case c.path != path:
		case c.kind == synced, c.kind == removed && c.durable:
			safe = i
		case c.kind == removed:
			gone = i
		}
	}
	for i, c := range l.changes[:at] {
		if c.path != path {
			continue
		}
		switch {
		case i <= safe:
			now = c.apply(now)
		case loss == Dropped:
		case loss == Sectors && c.kind == written:
			now = c.applySectors(now, keep, rng)
		case rng.Float64() < keep:
			now = c.apply(now)
		}
	}
	return now
}

// apply makes the change in b, which is nil where there is no file.
func (c change) apply(b []byte) []byte {
	switch c.kind {
	case written:
		b = extend(b, c.at+int64(len(c.data)))
		copy(b[c.at:], c.data)
	case cut:
		b = extend(b, c.at)[:c.at]
	case grown:
		b = extend(b, c.at)
	case removed:
		b = nil
	}
	return b
}

// applySectors writes some of the sectors of a write.
func (c change) applySectors(b []byte, keep float64, rng *rand.Rand) []byte {
	for from := int64(0); from < int64(len(c.data)); {
		to := min((c.at+from)/sector*sector+sector-c.at, int64(len(c.data)))
		if rng.Float64() < keep {
			part := change{kind: written, at: c.at + from, data: c.data[from:to]}
			b = part.apply(b)
		}
		from = to
	}
	return b
}

func extend(b []byte, size int64) []byte {
	if b == nil {
		b = []byte{}
	}
	if grow := size - int64(len(b)); grow > 0 {
		b = append(b, make([]byte, grow)...)
	}
	return b
}

// Image is the content of files, by path.
type Image map[string][]byte

// SaveFolder writes the files of the folder at path into the one at to.
func (m Image) SaveFolder(path, to string) error {
	for name, b := range m {
		if filepath.Dir(name) != path {
			continue
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Save writes the files of the database at path as those of a database at to.
func (m Image) Save(path, to string) error {
	for _, suffix := range []string{"", "-wal", "-journal"} {
		b, there := m[path+suffix]
		if !there {
			continue
		}
		if err := os.WriteFile(to+suffix, b, 0o600); err != nil {
			return err
		}
	}
	return nil
}
