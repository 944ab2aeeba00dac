package fileid

// magic names the file systems that Linux identifies by number: statfs(2), and the
// headers of those that are built out of its tree.
var magic = map[uint32]FS{
	0x0000ef53: {Name: "ext4"}, // and ext2, ext3
	0x58465342: {Name: "xfs"},
	0x9123683e: {Name: "btrfs"},
	0x2fc12fc1: {Name: "zfs"},
	0xca451a4e: {Name: "bcachefs"},
	0xf2f52010: {Name: "f2fs"},
	0x3153464a: {Name: "jfs"},
	0x52654973: {Name: "reiserfs"},
	0x00003434: {Name: "nilfs"},
	0x24051905: {Name: "ubifs"},
	0x01021994: {Name: "tmpfs"},
	0x858458f6: {Name: "ramfs"},
	0x794c7630: {Name: "overlay"},
	0x0000f15f: {Name: "ecryptfs"},
	0x7366746e: {Name: "ntfs3"},
	0x5346544e: {Name: "ntfs"},
	0x2011bab0: {Name: "exfat"},
	0x00004d44: {Name: "vfat"},
	0x0000482b: {Name: "hfsplus"},
	0x00009660: {Name: "iso9660"},
	0x73717368: {Name: "squashfs"},

	// Over a network.
	0x00006969: {"nfs", true},
	0x0000517b: {"smb", true},
	0xff534d42: {"cifs", true},
	0xfe534d42: {"smb2", true},
	0x0000564c: {"ncp", true},
	0x5346414f: {"afs", true},
	0x6b414653: {"afs", true},
	0x73757245: {"coda", true},

	// Of clusters, shared disks included.
	0x0bd00bd0: {"lustre", true},
	0x47504653: {"gpfs", true},
	0x19830326: {"beegfs", true},
	0x00c36400: {"ceph", true},
	0xaad7aaea: {"panfs", true},
	0x20030528: {"orangefs", true},
	0x01161970: {"gfs2", true},
	0x7461636f: {"ocfs2", true},

	// Between a virtual machine and its host.
	0x01021997: {"9p", true},
	0x786f4256: {"vboxsf", true},
	0xbacbacbc: {"vmhgfs", true},
	0x7c7c6673: {"prl_fs", true},

	// Anything at all: sshfs and virtiofs have the same number as a driver of
	// a local disk.
	0x65735546: {"fuse", true},
}

// byMagic classifies a file system by the number that Linux gives it. The
// number has 32 bits, whatever the type of the field that it comes in.
func byMagic(number uint32) FS {
	if found, ok := magic[number]; ok {
		return found
	}
	return FS{Name: unknown}
}
