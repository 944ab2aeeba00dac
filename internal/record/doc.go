// Package record reads and writes SQLite's record format, the bytes in which
// SQLite keeps the columns of one row: https://sqlite.org/fileformat2.html#record_format.
//
// An [Encoder] makes a record of the values that a Binder writes, and refuses
// values that their columns cannot hold. [Parse] takes a record apart again.
package record
