package fileid

import "strings"

// byName classifies a file system by the name that macOS and the BSDs give it,
// and by whether the system calls it local.
func byName(name string, local bool) FS {
	name = strings.ToLower(name)
	if name == "" {
		return FS{Name: unknown, Unsafe: !local}
	}
	return FS{Name: name, Unsafe: !local || shares(name)}
}

// byDrive classifies a file system by what Windows calls its drive and its
// format. The drives of SMB shares are remote; those of FUSE are called local.
func byDrive(remote bool, format string) FS {
	found := byName(format, !remote)
	if remote && found.Name == unknown {
		found.Name = "remote drive"
	}
	return found
}

// shares reports whether file systems of this name are shared between hosts,
// even where the system calls them local.
func shares(name string) bool {
	switch name {
	case "afs", "afpfs", "cifs", "smbfs", "webdav", "ftp", "lustre", "9p", "p9fs", "virtiofs", "vboxsf", "vmhgfs", "prl_fs":
		return true
	}
	return strings.HasPrefix(name, "nfs") || strings.Contains(name, "fuse")
}
