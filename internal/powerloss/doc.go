// Package powerloss has a disk that loses power: an ext4 file system of the
// kernel's own in a file, of which a copy is taken at any moment and mounted.
// The copy lacks everything that was not synced. It shows what
// a layer under SQLite cannot: names that were given and folders that were not
// synced, and files that are written without SQLite.
//
// It takes Linux, root, mkfs.ext4 and a loop device; tests skip where one is
// missing.
package powerloss
