package batchfile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/galley-db/galley/schema"
)

const (
	// Suffix ends the name of a batch file.
	Suffix = ".batch"

	maxFolder = 200 // bytes of a table's folder name
)

// Name is the name of the file that holds the batch of this key, without its
// folder: 32 hexadecimal digits and [Suffix].
func Name(table, key string) string {
	h := sha256.New()
	h.Write([]byte(table))
	h.Write([]byte{0})
	h.Write([]byte(key))
	var sum [sha256.Size]byte
	return hex.EncodeToString(h.Sum(sum[:0])[:16]) + Suffix
}

// Shard is the folder, within the table's, of a file with this name.
func Shard(name string) string { return name[:2] }

// IsName reports whether name is one that [Name] returns.
func IsName(name string) bool {
	digits, ok := strings.CutSuffix(name, Suffix)
	return ok && len(digits) == 32 && strings.Trim(digits, "0123456789abcdef") == ""
}

// Folder is the name of a table's folder: the table's name with every byte but
// ASCII letters, digits, "_" and "-" written as % and two hexadecimal digits.
// It returns a *schema.NameError for a name that is too long for a folder.
func Folder(table string) (string, error) {
	var b strings.Builder
	for i := range len(table) {
		switch c := table[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() > maxFolder {
		return "", &schema.NameError{Kind: "table", Name: table,
			Reason: fmt.Sprintf("is too long for a folder of a spool: %d characters, at most %d are allowed", b.Len(), maxFolder)}
	}
	return b.String(), nil
}

// Create is the CREATE TABLE statement of a batch's rows, to the letter: one
// line, with the columns' names, types and NOT NULL. Keys, indexes, defaults
// and checks are in galley_columns only.
func Create(s *schema.Schema) string {
	d := schema.SQLite()
	var b strings.Builder
	b.WriteString("CREATE TABLE " + d.Quote(s.Name()) + " (")
	for i, c := range s.Columns() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.Quote(c.Name) + " " + d.Type(c))
		if !c.Nullable {
			b.WriteString(" NOT NULL")
		}
	}
	b.WriteString(")")
	return b.String()
}

// The other two tables of a batch file.
const (
	columnsTable  = "galley_columns"
	batchesTable  = "galley_batches"
	createColumns = `CREATE TABLE galley_columns ("table" TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL)`
	createBatches = `CREATE TABLE galley_batches ("table" TEXT NOT NULL, key TEXT NOT NULL, rows INTEGER NOT NULL, at INTEGER NOT NULL)`
)

const (
	applicationID = 0x67616c62 // "galb"
	formatVersion = 1          // user_version
)

var (
	columnsOfColumns = []schema.Column{
		{Name: "table", Type: schema.Text}, {Name: "position", Type: schema.Int64},
		{Name: "name", Type: schema.Text}, {Name: "spec", Type: schema.Text},
	}
	columnsOfBatches = []schema.Column{
		{Name: "table", Type: schema.Text}, {Name: "key", Type: schema.Text},
		{Name: "rows", Type: schema.Int64}, {Name: "at", Type: schema.Int64},
	}
	columnsOfCatalog = []schema.Column{
		{Name: "type", Type: schema.Text}, {Name: "name", Type: schema.Text}, {Name: "tbl_name", Type: schema.Text},
		{Name: "rootpage", Type: schema.Int64}, {Name: "sql", Type: schema.Text},
	}
)
