// Package pageimage moves rows into SQLite by whole b-tree cells. A [Builder]
// lays encoded rows out as the pages of a complete, read-only SQLite database
// in memory (https://sqlite.org/fileformat2.html), and a [Slot] serves such an
// [Image] to a connection through a VFS of its own, so that
//
//	INSERT INTO main."t" SELECT * FROM batch."t"
//
// copies cells as they are: SQLite's transfer optimization
// (https://sqlite.org/src/file/src/insert.c, xferOptimization). SQLite alone
// writes the destination file, inside an ordinary transaction; an image that
// is not well-formed is refused and rolled back as any failed statement is.
//
// # What the transfer does not check
//
// A transferred cell is stored without being looked at. NOT NULL and the types
// of a STRICT table are taken on trust, because the source declares the same,
// and so is CHECK by some versions of SQLite. So the encoder proves types and
// NULLs, and a table with a CHECK must not come by this path: an image that
// repeats the CHECK may store rows that violate it. [Eligible] says which
// columns may, and [Transfers] asks the engine whether it takes the transfer
// for a statement.
//
// # Where the transfer is not taken
//
// The same statement then runs row by row, slower and still right: where the
// destination has an index or a UNIQUE constraint, a trigger, a foreign key
// while foreign_keys is on, a CHECK or a DEFAULT (other than the first column's)
// that the image's CREATE TABLE lacks, or any difference in column count, affinity, collation, NOT NULL,
// STRICT or generated columns. DEFAULT, NOT NULL and STRICT do not prevent it
// where both sides declare the same, and neither does a difference in page
// size. An image has no rowids of its own to give: a table with an INTEGER
// PRIMARY KEY would take the image's row numbers as keys.
//
// # The other direction
//
// A [Sink] is an image that the engine writes. A whole table that is moved into
// it comes out as records, leaf by leaf, while the statement runs, and nothing
// of it is kept.
package pageimage
