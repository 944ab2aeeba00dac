// Package lake publishes galley tables to Apache Iceberg tables, each row once.
//
// [Publish] reads the rows that are new in a galley file since the last publish,
// writes them as Parquet files, and commits these files together with a property
// that says how far the table was published. The commit fails if another commit
// to the table came after the property was read. After any error [Publish] reads
// the property again, so a commit whose response was lost is not repeated.
//
// Many galley files can publish into one Iceberg table. Each file is identified
// by the id that galley gave it when it was created. A copy of a file has the same
// id: do not publish both after they have diverged.
package lake
