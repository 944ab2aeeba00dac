// Package schema turns Go structs into tables. It finds the columns of a
// struct, writes CREATE TABLE and INSERT for SQLite and PostgreSQL, compares
// two tables, and moves rows between structs and the database. It runs no SQL
// and imports only the standard library. Generated binders call package
// schema/bind.
//
// [Of] returns the [Schema] of a type, whose methods write the SQL. [Diff] compares
// two schemas, and [Reflect] returns the [Binder] that moves rows. The rules that every
// [Writer] and [Reader] shares are methods of [Column].
//
// # Promises
//
// The text of a statement depends only on the schema, and so do
// [Schema.Fingerprint] and [Column.Spec], which are stored in files. All names
// are quoted; only the text of check, and the where of [Schema.Select], reach
// SQL as they are. A value is read as it was stored, or is refused with a
// *[ValueError]; the sections below list the exceptions. No struct, tag, name
// or value makes the package panic, but a panic in a field's own MarshalText,
// MarshalJSON, Value or similar method reaches the caller. Everything is safe
// for use by several goroutines at once.
//
// # Tags
//
// The tag's key is db. A tag has a name, which may be empty, and options,
// separated by commas: `db:"volume_mm3,null,check=volume_mm3 >= 0"`. A comma
// within quotes ('…', "…") or parentheses belongs to the value:
// `db:",check=(a IN (1,2))"`. Quotes and parentheses must be closed. Comments and
// semicolons are allowed only within quotes. An unknown option, a repeated option,
// and an option that does not fit its column are errors.
//
// This table has the syntax of each option, the column types that it fits, and its
// effect. [Options] returns the same table.
//
//	NAME                      any                       comes first and names the column; if it is empty, the column has the field's name in snake_case; a name that is also the name of an option needs a comma after it
//	-                         any                       as the whole tag, leaves the field out
//	key                       any                       part of the table's key; cannot be NULL
//	unique[=GROUP]            any                       no two rows share the value, or the values of all columns of GROUP
//	index[=GROUP]             any                       an index on the column, or on all columns of GROUP
//	null                      any                       the column takes NULL, which reads as the zero value; nil is stored as NULL
//	default=LITERAL           any                       the value in rows that existed before the column, in the form in which SQLite stores it
//	check=EXPRESSION          any                       SQL that holds for every row; it reaches the table unchanged
//	batch                     text                      gets the key of the batch (AppendOnce) instead of the field's value, so a batch can be removed or replaced
//	json                      any but vector32, vector64  stores the value as JSON text, by encoding/json
//	sql=TYPE                  any                       stores what the type's Value (driver.Valuer) returns, which is a bool, int64, float64, text, blob or time, and reads it by Scan (sql.Scanner); sql=kind stores the value without them
//	time=s|ms|us|ns|rfc3339   time                      stores seconds, ms, us (the default) or ns since 1970, rounded down, or text of RFC 3339
//	nan=null                  float32, float64          stores a NaN as NULL and reads NULL as NaN, or as nil; the column takes NULL
//	uint=text|blob            uint64                    stores the full range, as 20 digits or 8 bytes, so that it sorts
//	dim=N                     vector32, vector64        the vector's length; without it, a slice may have any length, and an array has its own
//	was=OLD                   any                       the column's name before it was renamed
//	prefix=[TEXT]             nested structs            the prefix of the names of the struct's columns; by default the field's column name and _, or nothing if the struct is embedded
//
// A group's name is used as written, without a prefix, and regardless of case.
// Without a value, unique and index form a group with the column's own name.
//
// # Types
//
//   - bool, the integers, float32, float64, string, []byte and named types of
//     these. Int and uint are stored as 64 bits.
//   - [time.Time] and named types of it, stored without the zone, rounded down
//     to the column's unit, and read in UTC.
//   - [time.Duration], in nanoseconds. A named type of it is an int64.
//   - [encoding/json.RawMessage], and with the option json any type but
//     vectors. As always with encoding/json, unexported fields are left out,
//     and bytes of a string that are not UTF-8 become U+FFFD. A type that
//     encoding/json can only write as {}, because it has no exported field, is
//     refused, even within another type.
//   - []float32, []float64 and arrays of them, packed into a blob in
//     little-endian order, including NaN.
//   - Types with MarshalText and UnmarshalText, as text. A struct that has both
//     methods from an embedded field is text, too. A type with only one of the
//     two methods is not stored as text.
//   - Arrays of bytes, such as a [16]byte for a UUID, as a blob of that length.
//     If a stored blob has another length, the error is [ErrBlobLen].
//   - Types with Value and Scan ([database/sql/driver.Valuer] and
//     [database/sql.Scanner]), with the option sql, which names the type that
//     Value returns. If Value returns another type, the error is [ErrValue]. If
//     Value returns nil, NULL is stored, and the column needs the option null;
//     NULL is read by Scan(nil). Without the option sql such a type is refused,
//     unless it has MarshalText and UnmarshalText, which are then used.
//   - A pointer to any of these types, or a [database/sql.Null] of it, for a
//     column that can hold NULL.
//   - Structs, whose fields are columns of the row. Those of an embedded struct
//     keep their names; those of another field begin with its column name and
//     "_". Pointers to structs, embedded or not, need the option json, because
//     nil and a struct of zero values would be stored as the same row.
//
// Unexported fields are not columns. A field's default name is its Go name in
// snake_case: HTTPServer is http_server, Volume3D is volume3d.
//
// # NULL
//
// A column is NOT NULL unless its field is a pointer or an sql.Null, or its tag
// says null or nan=null. With null, a nil slice, map or interface is stored as
// NULL, and NULL reads as nil. Other values are stored unchanged, and NULL reads
// as the zero value. Without null, a nil []byte or vector is stored as an empty
// blob, a nil map or slice tagged json as the JSON null, and a nil
// json.RawMessage is refused. If a NULL is read into such a field (from a view
// or a join), the error is [ErrNull].
//
// # Floats
//
// A NaN is refused unless the tag says nan=null; infinities are stored. -0 is
// stored as 0: SQLite keeps whole numbers of REAL columns as integers
// (https://sqlite.org/datatype3.html).
package schema
