// Package transfer moves rows between databases.
//
// [Copy] copies tables from one file or server to another, with the keys of their
// batches, and compares both sides. [Collect] moves the batches of spools into a
// database. [Merge] merges files into one database, each batch once.
package transfer
