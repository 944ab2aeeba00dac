// Package fileid identifies a file, however its path is spelled.
//
// A lock keyed by a path string does not work: a relative path, a symbolic link
// and a hard link are other strings for the same file. [Resolve] turns a path
// into one spelling, [Stat] into an [ID] of device and inode, and a [Registry]
// holds one value for each ID. [FileSystem] reports whether several hosts could
// write to one file, and [RenameNoReplace] puts a file into place without ever
// replacing another.
//
// # Caveats
//
// An ID identifies a file as long as the file exists, or a process has it open. After that the file system may give its inode to a new file.
//
// On macOS and Windows, where names that differ in case are one file, Resolve
// may return two spellings of a file that does not exist yet. Their IDs are
// equal as soon as it exists.
//
// On systems other than Unix and Windows, Stat returns [errors.ErrUnsupported].
package fileid
