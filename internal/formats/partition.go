package formats

import (
	"fmt"
	"iter"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// hiveNull is the name of a folder whose value is NULL, as Hive has it.
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// Partitions are the columns that the folders of a path stand for: p=1/a.csv
// gives p the value 1 in every row. NULL is not a value here.
func Partitions(path string) map[string]string {
	var found map[string]string
	for name, value := range partitions(path) {
		if value == hiveNull || value == "" {
			continue
		}
		value = unescaped(value)
		if found == nil {
			found = map[string]string{}
		}
		found[name] = value
	}
	return found
}

// CheckPartitions returns an error where two folders of a path give one column of
// the table different values. renamed is the table's name of a column.
func CheckPartitions(path string, renamed func(name string) string) error {
	type folder struct{ name, value string }
	found := map[string]folder{}
	for name, value := range partitions(path) {
		value = unescaped(value)
		folded := strings.ToLower(renamed(name))
		if other, ok := found[folded]; ok && other.value != value {
			return fmt.Errorf("%s: %w: its folders have both %s=%s and %s=%s; rename one of them", path, ErrFormat, other.name, other.value, name, value)
		}
		found[folded] = folder{name, value}
	}
	return nil
}

// unescaped is a value as it was before it became part of a folder's name. A text
// that is not escaped stands for itself.
func unescaped(value string) string {
	if decoded, err := url.PathUnescape(value); err == nil {
		return decoded
	}
	return value
}

// PartitionFolder is the name of the folder that holds the rows with a value in a
// column, as Hive spells it; nil is NULL. [Partitions] reads it.
func PartitionFolder(column string, value *string) string {
	if value == nil {
		return escaped(column) + "=" + hiveNull
	}
	if *value == hiveNull || strings.EqualFold(*value, "NULL") { // a text, which readers would take for NULL
		return fmt.Sprintf("%s=%%%02X%s", escaped(column), (*value)[0], (*value)[1:])
	}
	return escaped(column) + "=" + escaped(*value)
}

// escaped is a text as part of a folder's name. What Hive escapes becomes %XX, and
// so does what a name on Windows cannot have.
func escaped(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		last := i == len(text)-1 && (c == '.' || c == ' ')
		if c < ' ' || c == 0x7f || last || strings.IndexByte("\"#%'*/:=?\\{[]^<>|", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// partitions are the names of the folders of a path and their values, as they are
// spelled, the outermost first.
func partitions(path string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for folder := range strings.SplitSeq(filepath.ToSlash(filepath.Dir(path)), "/") {
			name, value, ok := strings.Cut(folder, "=")
			if !ok || name == "" || strings.ContainsAny(name, " .") {
				continue
			}
			if !yield(name, value) {
				return
			}
		}
	}
}

// PartitionNames are the columns of the folders, in order.
func (o *TextOptions) PartitionNames() []string { return slices.Sorted(maps.Keys(o.Partitions)) }

// Renamed is the table's name of a column of a file.
func (o *TextOptions) Renamed(name string) string {
	if to, ok := o.Rename[name]; ok {
		return to
	}
	return name
}
