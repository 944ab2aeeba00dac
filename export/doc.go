// Package export writes tables to Parquet, CSV and JSON Lines files.
//
// [Write] replaces files atomically: a crash leaves the old file or the new one,
// whole. It can merge the rows of a table into an existing file by key, combine
// many rows into one (the wide form), and remove the database after it has read
// the files back. A manifest in the folder describes its files.
//
// Package load reads the files back into tables.
package export
