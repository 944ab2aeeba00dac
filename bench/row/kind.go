// Package row holds the rows that all peers write: their Go types, their
// tables as SQL, and a generator that makes row i from i alone, so that every
// peer, process and run gets the same rows.
package row

//go:generate go -C ../.. run ./cmd/galley gen -dir bench/row -type Sample,KeyedSample,IndexedSample,Wide,Texts,Ints,User

import (
	"slices"
	"strings"
)

// Table is the name of the table that every peer fills.
const Table = "samples"

// Kind is a shape of rows together with the table it goes into.
type Kind uint8

// The kinds.
const (
	A        Kind = iota // Sample: 4 texts of which 3 repeat, 4 reals, 2 integers
	AKeyed               // Sample into a table with a unique key of three columns
	AIndexed             // Sample into a table with an index on a column that repeats
	B                    // Wide: 40 reals
	C                    // Texts: 6 texts of 60 bytes, none repeating
	D                    // Ints: 3 integers
	Users                // User: an integer key, a time with an index, a text, a bool
)

// Kinds are all kinds, in the order of the constants.
var Kinds = []Kind{A, AKeyed, AIndexed, B, C, D, Users}

// String is the kind's name in tables and flags.
func (k Kind) String() string {
	return [...]string{"A", "A keyed", "A indexed", "B", "C", "D", "users"}[k]
}

// Type is the storage class of a column.
type Type byte

// The storage classes, as the letters that programs of other languages get.
const (
	Text Type = 't'
	Real Type = 'r'
	Int  Type = 'i'
)

// Column is a column of a kind's table; none is NULL.
type Column struct {
	Name string
	Type Type
}

// Columns are the columns of the kind's table.
func (k Kind) Columns() []Column {
	switch k {
	case B:
		return wideColumns
	case C:
		return textsColumns
	case D:
		return intsColumns
	case Users:
		return usersColumns
	default:
		return sampleColumns
	}
}

// Types is one letter a column.
func (k Kind) Types() string {
	var b strings.Builder
	for _, c := range k.Columns() {
		b.WriteByte(byte(c.Type))
	}
	return b.String()
}

// Sum is an SQL expression over the kind's table whose value [Batch.Sum]
// computes from the rows, so that a lost, doubled or foreign row shows.
func (k Kind) Sum() string {
	switch k {
	case B:
		return "sum(v00)"
	case C:
		// The first nine bytes of a text are digits.
		return "sum(CAST(substr(t0, 1, 9) AS INTEGER))"
	case D:
		return "sum(b)"
	case Users:
		return usersSum
	default:
		return "sum(voxels)"
	}
}

// Summed is the place of the column that a program adds up when it reads rows.
func (k Kind) Summed() int {
	name := "voxels"
	if k == Users {
		name = "created"
	}
	return slices.IndexFunc(k.Columns(), func(c Column) bool { return c.Name == name })
}

// Names lists the columns, separated by commas.
func (k Kind) Names() string {
	var names []string
	for _, c := range k.Columns() {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// Insert is a statement for one row.
func (k Kind) Insert() string {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(k.Columns())), ", ")
	return "INSERT INTO " + Table + " (" + k.Names() + ") VALUES (" + marks + ")"
}

// Select reads all rows in the order of storage.
func (k Kind) Select() string {
	return "SELECT " + k.Names() + " FROM " + Table
}

// Create are the statements that make the kind's table in SQLite, as galley
// makes it: STRICT, every column NOT NULL.
func (k Kind) Create() []string {
	sqlType := map[Type]string{Text: "TEXT", Real: "REAL", Int: "INTEGER"}
	var cols []string
	for _, c := range k.Columns() {
		cols = append(cols, c.Name+" "+sqlType[c.Type]+" NOT NULL")
	}
	switch k {
	case AKeyed:
		cols = append(cols, "PRIMARY KEY (subject, session, region)")
	case Users:
		cols = append(cols, "PRIMARY KEY (id)")
	}
	create := []string{"CREATE TABLE IF NOT EXISTS " + Table + " (" + strings.Join(cols, ", ") + ") STRICT"}
	switch k {
	case AIndexed:
		create = append(create, "CREATE INDEX IF NOT EXISTS samples_by_region ON "+Table+" (region)")
	case Users:
		create = append(create, "CREATE INDEX IF NOT EXISTS samples_by_created ON "+Table+" (created)")
	}
	return create
}
