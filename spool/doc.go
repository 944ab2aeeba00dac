// Package spool is a [store.Backend] for writing where a database file does not
// work: in a folder that many hosts share over NFS, Lustre, GPFS, GlusterFS or
// sshfs. It needs no server, and locks nothing.
//
//	sp, err := spool.Open(ctx, "/shared/study.spool", spool.Options{})
//	aseg, err := table.Open[AsegRow](ctx, sp, table.Options[AsegRow]{})
//	applied, err := aseg.AppendOnce(ctx, session, rows)
//
// Each batch becomes one immutable file, which is complete and synced before it
// gets its name. The name is derived from the key, and can be created once: if several
// processes store the same key, one of them succeeds. "galley collect DST DIR", or transfer.Collect,
// moves the batches into a database, each once.
//
// A spool stores batches and reports whether a key is done. Reading, Upsert,
// Ignore, Replace, Forget and quarantine return ErrWriteOnly: they need the
// database.
//
// The file system must have hard links; without them, as on s3fs, the error is
// ErrNoHardLinks.
//
// docs/spool.md specifies the files. clients/python writes the same files.
package spool
