// Package faultvfs is a VFS for SQLite that fails on request, and that
// remembers what was written and synced, so that the files as a power loss
// would leave them can be composed for any moment
// (https://sqlite.org/testing.html has the method).
//
// It stands over the operating system's VFS: files are real, and other
// processes see them. What it can do:
//   - fail the nth call of a kind ([Op]), once or from then on, with an error
//     of choice, or with a panic ([Fault]);
//   - run out of space ([VFS.SetRoom]);
//   - log every change of every file ([VFS.Record]), and compose crash images
//     from the log ([Log.Image]) under three models of loss.
//
// It is for tests alone. A VFS is safe for use by several goroutines at once.
package faultvfs
