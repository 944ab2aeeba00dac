package sqlite

import (
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/galley-db/galley/internal/durable"
	"github.com/galley-db/galley/internal/fileid"
)

// rename gives a file a name that is free, in one step.
func (o Options) rename(from, to string) error {
	if lab := o.lab(); lab != nil {
		return lab.Rename(from, to)
	}
	return fileid.RenameNoReplace(from, to)
}

// folders are the folder operations of a fault test's VFS, which records them.
type folders interface {
	Rename(from, to string) error
	SyncFolder(path string) error
}

// lab returns the folder operations of a fault test, nil outside of one.
func (o Options) lab() folders {
	if g, ok := vfs.Find(o.vfs).(galleyVFS); ok {
		if lab, ok := g.under().(folders); ok {
			return lab
		}
	}
	return nil
}

// syncFolder makes the names in a folder durable, where the system can.
func (o Options) syncFolder(path string) error {
	if lab := o.lab(); lab != nil {
		return lab.SyncFolder(path)
	}
	return durable.Folder(path)
}
