// Package spool is a [store.Backend] for writing where no database can be: in a
// folder that many hosts share over NFS, Lustre, GPFS, GlusterFS or sshfs. There
// is no server, and nothing is locked.
//
//	sp, err := spool.Open(ctx, "/shared/study.spool", spool.Options{})
//	aseg, err := table.Open[AsegRow](ctx, sp, table.Options[AsegRow]{})
//	applied, err := aseg.AppendOnce(ctx, session, rows)
//
// Each batch becomes one immutable file, complete and synced before it gets its
// name, and a name is given once: of several processes that store the same key,
// one succeeds. "galley collect DST DIR", or transfer.Collect, moves the batches
// into a database, each once.
//
// A spool stores and answers whether a key is done. Reading, Upsert, Ignore,
// Replace, Forget and quarantine return ErrWriteOnly: they need the database.
//
// The file system must have hard links (ErrNoHardLinks): s3fs has none.
//
// docs/spool.md specifies the files. clients/python writes the same.
package spool
