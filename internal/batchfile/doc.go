// Package batchfile reads and writes the files of a spool. Such a file holds
// one batch: a complete SQLite database with the rows, galley's description of
// their columns and the batch's ledger row, followed by a line with a checksum.
// docs/spool.md specifies the format, which other programs write too.
//
// A [Writer] lays out records as b-tree pages
// (https://sqlite.org/fileformat2.html#b_tree_pages). [Parse] trusts nothing:
// it verifies the checksum, walks the pages itself, and compares every value
// with its column before it returns a row. No SQL of the file is ever run.
package batchfile
