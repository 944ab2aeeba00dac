package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// walIndex is what the shared memory says of the WAL: the header of the
// wal-index (https://sqlite.org/walformat.html#the_wal_index_header) and the
// number of frames that are in the database file.
type walIndex struct {
	salt     [8]byte // another one each time that the WAL restarts
	frames   uint32  // in the WAL, 0 in one that restarts with the next transaction
	moved    uint32  // of frames, those in the database file
	pageSize int64
}

// The WAL: a header, and frames of a header and a page each. The salt stands in
// the one at saltAt, in the other at frameSaltAt
// (https://sqlite.org/fileformat2.html#the_write_ahead_log).
const (
	walHeader   = 32
	frameHeader = 24
	saltAt      = 16
	frameSaltAt = 8
)

// walFiles are the -wal and the -shm of an open database, on descriptors of
// galley's own: SQLite's belong to a connection, and come and go with it.
type walFiles struct{ wal, shm *os.File }

// openWALFiles opens both. They are not opened on Windows, where an open file
// cannot be removed: the last connection removes the -wal.
func openWALFiles(path string) (walFiles, error) {
	var f walFiles
	if runtime.GOOS == "windows" {
		return f, nil
	}
	var err error
	if f.wal, err = os.Open(path + "-wal"); err == nil {
		if f.shm, err = os.Open(path + "-shm"); err != nil {
			f.close()
		}
	}
	return f, err
}

func (f walFiles) close() {
	_ = f.wal.Close() // nil is allowed, and nothing was written
	_ = f.shm.Close()
}

// index reads the wal-index. It reports false where there is none, and while
// another process is changing it.
func (f walFiles) index() (x walIndex, ok bool) {
	var b [100]byte
	if n, err := f.shm.ReadAt(b[:], 0); n < len(b) || err != nil {
		return x, false
	}
	if first, second := b[:48], b[48:96]; string(first) != string(second) || first[12] == 0 {
		return x, false
	}
	copy(x.salt[:], b[32:])
	x.frames = binary.LittleEndian.Uint32(b[16:]) // the engine's byte order, whatever the machine's
	x.moved = binary.LittleEndian.Uint32(b[96:])
	size := int64(binary.LittleEndian.Uint16(b[14:]))
	x.pageSize = size&0xfe00 + size&1<<16
	return x, true
}

// whole returns an error where the -wal does not hold what the wal-index says:
// another program has cut or overwritten it in place. SQLite would write on
// behind the hole, and report success. size is that of the -wal a moment ago, 0 if
// it is not known. The wal-index comes back, empty where there is none.
func (f walFiles) whole(size int64) (walIndex, error) {
	if f.shm == nil {
		return walIndex{}, nil
	}
	for range 100 {
		x, ok := f.index()
		if !ok || x.frames == 0 {
			return x, nil
		}
		err := f.holds(x, size)
		if err == nil || errors.Is(err, os.ErrClosed) {
			return x, nil
		}
		if again, _ := f.index(); again == x {
			return x, err
		}
		// Another process has restarted the WAL meanwhile.
	}
	return walIndex{}, nil
}

// errCut is a -wal that lacks frames which the wal-index has.
var errCut = errors.New("it was cut or overwritten in place")

// holds looks at the WAL's header, and at the first and the last byte of its last
// frame. It does not look for the last byte of a file that size says is longer.
func (f walFiles) holds(x walIndex, size int64) error {
	last := walHeader + int64(x.frames-1)*(frameHeader+x.pageSize)
	for _, part := range []struct {
		at, size int64
		salt     int
	}{
		{0, walHeader, saltAt},
		{last, frameHeader, frameSaltAt},
		{last + frameHeader + x.pageSize - 1, 1, -1},
	} {
		if part.salt < 0 && part.at < size {
			break
		}
		var b [walHeader]byte
		_, err := f.wal.ReadAt(b[:part.size], part.at)
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: it ends before byte %d", errCut, part.at+part.size)
		}
		if err != nil {
			return err
		}
		if part.salt >= 0 && string(b[part.salt:part.salt+8]) != string(x.salt[:]) {
			return fmt.Errorf("%w: at byte %d", errCut, part.at)
		}
	}
	return nil
}
