package schema

// Type is what a column holds, as galley sees it: more than SQL's storage
// classes can say (a bool and an int are both INTEGER in SQLite).
type Type uint8

// The types of columns. Their names (Type.String) are what stands in the
// galley_columns table of a file, and never change.
const (
	Bool     Type = iota + 1 // "bool"
	Int8                     // "int8"
	Int16                    // "int16"
	Int32                    // "int32"
	Int64                    // "int64", also Go's int
	Uint8                    // "uint8"
	Uint16                   // "uint16"
	Uint32                   // "uint32"
	Uint64                   // "uint64", also Go's uint and uintptr
	Float32                  // "float32"
	Float64                  // "float64"
	Text                     // "text"
	Blob                     // "blob"
	Time                     // "time"
	Duration                 // "duration", nanoseconds
	JSON                     // "json", valid JSON text
	Vector32                 // "vector32", little-endian float32s in a blob
	Vector64                 // "vector64", little-endian float64s in a blob
)

// TimeUnit says how a Time column is stored.
type TimeUnit uint8

// The units of a Time column. The zero value is the default, microseconds.
const (
	Micros  TimeUnit = iota // "us": INTEGER microseconds since 1970-01-01T00:00:00Z
	Seconds                 // "s"
	Millis                  // "ms"
	Nanos                   // "ns"
	RFC3339                 // "rfc3339": TEXT, always UTC, always nine digits of fraction, so that it sorts
)

// UintPolicy says what happens to a uint64 above math.MaxInt64.
type UintPolicy uint8

// The policies of a Uint64 column.
const (
	UintInt  UintPolicy = iota // INTEGER; a larger value is refused
	UintText                   // "uint=text": TEXT of 20 decimal digits, zero-padded, so that it sorts
	UintBlob                   // "uint=blob": BLOB of 8 bytes, big-endian, so that it sorts
)

// Column is one column of a [Schema].
type Column struct {
	Name     string     // SQL name
	Type     Type       // what it holds
	Nullable bool       // false: NOT NULL
	Key      bool       // part of the table's key, in column order
	Unique   string     // "" not unique; columns that share a name are unique together
	Index    string     // "" no index; columns that share a name form one index
	Default  string     // SQL literal of the DEFAULT clause, "" none
	Check    string     // SQL expression of the CHECK clause, "" none
	Unit     TimeUnit   // of a Time
	NaNNull  bool       // of a float: NaN is stored as NULL and NULL is read as NaN
	Uint     UintPolicy // of a Uint64
	Dim      int        // of a vector: its length, 0 for any
	Batch    bool       // of a Text: holds the key of the batch that the row came with
	Was      string     // the column's name before a rename asked for by tag
	Field    string     // the Go field it comes from ("Scan.Volume"), "" where there is none; no part of the fingerprint
	ByText   bool       // the Go field is stored by its MarshalText; no part of the fingerprint
	ByValue  bool       // the Go field is stored by its Value (tag option sql); no part of the fingerprint
	GoType   string     // of a Go field with Value and Scan: its type, with the package; "" otherwise; no part of the fingerprint
	UnitOpen bool       // the Go field is a time whose tag names no unit; no part of the fingerprint
	ZeroNull bool       // the Go field reads NULL as its zero value: it is neither a pointer nor an sql.Null; no part of the fingerprint
}

// Source is the Go field of a column, and the method that returns its value.
// Binders from galley gen contain it: a type that gains MarshalText is stored as
// another text, in a column that is the same.
func (c *Column) Source() string {
	switch {
	case c.ByText:
		return c.Field + " by MarshalText"
	case c.ByValue:
		return c.Field + " by Value"
	}
	return c.Field
}

// MissesNaN reports whether c reads a NaN of the column have as 0: have stores
// it as NULL.
func (c *Column) MissesNaN(have *Column) bool { return have.NaNNull && !c.NaNNull && c.ZeroNull }
