package sqlite

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/store"
)

// applicationID marks a file as galley's ("galy"), in the place that SQLite
// has for it (https://sqlite.org/fileformat2.html#application_id).
const applicationID = 0x67616c79

// batchID marks a batch file of a spool ("galb").
const batchID = 0x67616c62

// header is what the first 100 bytes of a database file say.
type header struct {
	id       fileid.ID
	perm     os.FileMode
	database string // the database's own id, "" where it was not found
}

// probe looks at the file before SQLite does: SQLite takes an empty file for
// a new database, and finds garbage at the first statement only. foreign is a file
// that galley did not create.
func probe(path string, foreign bool) (header, error) {
	info, err := fileid.Stat(path)
	if err != nil {
		return header{}, err
	}
	if !info.Regular {
		return header{}, fmt.Errorf("%w: not a regular file", store.ErrNotGalley)
	}
	if err := oneName(path, info); err != nil {
		return header{}, err
	}
	if info.Size == 0 {
		return header{}, fmt.Errorf("%w: the file is empty, which galley never leaves behind: another program has truncated it. "+
			"Restore it from a backup, or open a file of another name. Its -wal may hold rows: keep it", store.ErrNotGalley)
	}
	f, err := os.Open(path)
	if err != nil {
		return header{}, err
	}
	defer f.Close()
	var b [100]byte
	if _, err := io.ReadFull(f, b[:]); err != nil || string(b[:16]) != "SQLite format 3\x00" {
		return header{}, fmt.Errorf("%w: not an SQLite file (bad header)", store.ErrNotGalley)
	}
	if b[18] > 2 || b[19] > 2 {
		return header{}, fmt.Errorf("%w: the file has a newer SQLite format (%d, %d)", store.ErrNotGalley, b[18], b[19])
	}
	switch app := binary.BigEndian.Uint32(b[68:]); {
	case foreign && app == applicationID:
		return header{}, fmt.Errorf("%w of another program: galley created the file; use Open", store.ErrNotGalley)
	case foreign && app != batchID:
		return header{id: info.ID, perm: info.Perm}, nil
	case app != applicationID:
		if app == batchID {
			return header{}, fmt.Errorf("%w: it is a batch of a spool; move it into a database with galley collect", store.ErrNotGalley)
		}
		return header{}, fmt.Errorf("%w: an SQLite file with application id %#x, want %#x; give galley a file of its own", store.ErrNotGalley, app, applicationID)
	}
	return header{id: info.ID, perm: info.Perm, database: databaseID(f, b)}, nil
}

// databaseID reads the database's own id out of the file, without its -wal. It
// stands in galley_meta, a table of one leaf, whose page is the first after the
// header's: galley creates this table before all others, and VACUUM keeps the
// order. A file with auto_vacuum has another page between.
func databaseID(f io.ReaderAt, head [100]byte) string {
	size := int(binary.BigEndian.Uint16(head[16:]))
	if size == 1 {
		size = 1 << 16
	}
	page := make([]byte, size)
	for n := range int64(2) {
		if _, err := f.ReadAt(page, (n+1)*int64(size)); err != nil {
			break
		}
		if id := metaValue(page, "id"); id != "" {
			return id
		}
	}
	return ""
}

// metaValue finds a name's value in a leaf of galley_meta, a table WITHOUT ROWID
// (https://sqlite.org/fileformat2.html#b_tree_pages).
func metaValue(page []byte, name string) string {
	const indexLeaf, leafHeader = 10, 8
	if len(page) < leafHeader || page[0] != indexLeaf {
		return ""
	}
	cells := page[leafHeader:]
	for i := range min(int(binary.BigEndian.Uint16(page[3:])), len(cells)/2) {
		at := int(binary.BigEndian.Uint16(cells[2*i:]))
		if at >= len(page) {
			return ""
		}
		length, n := record.Varint(page[at:])
		if n == 0 || length > uint64(len(page)-at-n) {
			return ""
		}
		row, err := record.Parse(page[at+n:at+n+int(length)], nil)
		if err == nil && len(row) == 2 && string(row[0].Bytes()) == name {
			return string(row[1].Bytes())
		}
	}
	return ""
}

// errVanishing is a file that is being cleared at the very moment.
var errVanishing = fmt.Errorf("%w by Clear", ErrFileReplaced)
