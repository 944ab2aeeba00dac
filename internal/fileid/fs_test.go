package fileid

import (
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFileSystemByNumber(t *testing.T) {
	for number, want := range map[uint32]FS{
		0xef53:     {"ext4", false},
		0x58465342: {"xfs", false},
		0x9123683e: {"btrfs", false},
		0x2fc12fc1: {"zfs", false},
		0x01021994: {"tmpfs", false},
		0x794c7630: {"overlay", false},
		0x6969:     {"nfs", true},
		0x517b:     {"smb", true},
		0xff534d42: {"cifs", true},
		0xfe534d42: {"smb2", true},
		0x65735546: {"fuse", true},
		0x01021997: {"9p", true},
		0x0bd00bd0: {"lustre", true},
		0x47504653: {"gpfs", true},
		0x19830326: {"beegfs", true},
		0x00c36400: {"ceph", true},
		0x5346414f: {"afs", true},
		0x6b414653: {"afs", true},
		0x73757245: {"coda", true},
		0x786f4256: {"vboxsf", true},
		0x12345678: {"unknown", false},
		0:          {"unknown", false},
	} {
		if diff := cmp.Diff(want, byMagic(number)); diff != "" {
			t.Errorf("%#x (-want +got):\n%s", number, diff)
		}
	}
	// Where the field is 32 bits and signed, the number comes in negative.
	if field := int32(-11317950); byMagic(uint32(int64(field))).Name != "cifs" {
		t.Errorf("%#x is not cifs", uint32(field))
	}
}

func TestFileSystemByName(t *testing.T) {
	for _, c := range []struct {
		name  string
		local bool
		want  FS
	}{
		{"apfs", true, FS{"apfs", false}},
		{"hfs", true, FS{"hfs", false}},
		{"exfat", true, FS{"exfat", false}},
		{"zfs", true, FS{"zfs", false}},
		{"apfs", false, FS{"apfs", true}},
		{"nfs", false, FS{"nfs", true}},
		{"nfs", true, FS{"nfs", true}},
		{"smbfs", true, FS{"smbfs", true}},
		{"afpfs", true, FS{"afpfs", true}},
		{"webdav", true, FS{"webdav", true}},
		{"macfuse", true, FS{"macfuse", true}},
		{"fusefs", true, FS{"fusefs", true}},
		{"virtiofs", true, FS{"virtiofs", true}},
		{"", true, FS{"unknown", false}},
		{"", false, FS{"unknown", true}},
	} {
		if diff := cmp.Diff(c.want, byName(c.name, c.local)); diff != "" {
			t.Errorf("%q, local %v (-want +got):\n%s", c.name, c.local, diff)
		}
	}
}

func TestFileSystemByDrive(t *testing.T) {
	for _, c := range []struct {
		remote bool
		format string
		want   FS
	}{
		{false, "NTFS", FS{"ntfs", false}},
		{false, "ReFS", FS{"refs", false}},
		{false, "", FS{"unknown", false}},
		{true, "NTFS", FS{"ntfs", true}},
		{true, "", FS{"remote drive", true}},
		{false, "FUSE-sshfs", FS{"fuse-sshfs", true}},
		{false, "NFS", FS{"nfs", true}},
	} {
		if diff := cmp.Diff(c.want, byDrive(c.remote, c.format)); diff != "" {
			t.Errorf("remote %v, %q (-want +got):\n%s", c.remote, c.format, diff)
		}
	}
}

func TestFileSystemOfAFileToCome(t *testing.T) {
	dir := folder(t)
	want, err := FileSystem(dir)
	if err != nil || want.Name == "" {
		t.Fatalf("FileSystem of a folder = %+v, %v", want, err)
	}
	write(t, filepath.Join(dir, "x.db"))
	for _, name := range []string{"x.db", "new.db"} {
		got, err := FileSystem(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-folder +file):\n%s", name, diff)
		}
	}
	if got, err := FileSystem(filepath.Join(dir, "nowhere", "x.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("FileSystem below no folder = %+v, %v", got, err)
	}
	if runtime.GOOS == "linux" {
		if got, err := FileSystem("/proc/self"); err != nil || got.Name != "unknown" {
			t.Errorf("FileSystem of /proc = %+v, %v; want one that galley does not know", got, err)
		}
	}
}
