// Package load reads Parquet, CSV and JSON Lines files into tables.
//
// [Load] stores each file whole or not at all, and once: its key consists of the
// path, the size and a checksum. An interrupted import can therefore be run again. If the table is missing,
// Load creates it with column types that fit all values of all files; [Infer]
// returns these columns without loading.
//
// A row that cannot be read is reported with file and line. The import of the
// file then fails, unless Options.Reject takes the row.
package load
