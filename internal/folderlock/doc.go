// Package folderlock lets one process at a time change a folder that several
// share.
//
// The lock is a file in the folder, locked by the operating system: it ends with
// the process, also when the process is killed. On a shared file system it holds
// between hosts as far as the file system passes locks on, as NFS does.
package folderlock
