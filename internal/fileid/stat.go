package fileid

import (
	"fmt"
	"io/fs"
	"time"
)

// ID is the identity of a file: device and inode, on Windows the serial number
// of the volume and the index of the file in it. IDs compare with ==. The zero
// ID belongs to no file.
type ID struct {
	device, file uint64
}

// String returns device and inode, as hexadecimal and decimal number.
func (id ID) String() string { return fmt.Sprintf("%x:%d", id.device, id.file) }

// Owner is the user and the group that a file belongs to. Owners compare with
// ==. On Windows all files have the zero Owner.
type Owner struct {
	User, Group uint32
}

// Info is the result of [Stat].
type Info struct {
	ID      ID
	Links   uint64      // hard links; 0 is a file that was removed while it was looked at
	Size    int64       // in bytes
	Perm    fs.FileMode // permission bits; on Windows 0444 where it is read-only, else 0666
	Regular bool        // neither folder nor link nor device
	Owner   Owner
	Changed time.Time // when the content was last changed
	// Mounted reports that the file is a mount point by itself, as a bind mount
	// of a single file is: it has another name in another folder. It is always
	// false where the system does not report it: on Linux before 5.8 and elsewhere.
	Mounted bool
}
