// Package load reads Parquet, CSV and JSON Lines files into tables.
//
// [Load] stores each file once, under its path as the key, and whole or not at
// all. An interrupted import can therefore be run again. If the table is missing,
// Load creates it with column types that fit all values of all files; [Infer]
// returns these columns without loading.
//
// A row that cannot be read is reported with file and line. It fails its file,
// unless Options.Reject takes it.
package load
