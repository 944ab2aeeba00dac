// Package spooldir is the folder of a spool: how a file gets its name once, how
// batches are found, and how they are recorded as collected. docs/spool.md
// specifies the layout, which clients in other languages use too.
//
// No operation takes a lock, since locks do not work on all network file
// systems. What is atomic on all of them, and what the spool rests on, is
// link(2): of several processes that give a file the same name one succeeds.
package spooldir
