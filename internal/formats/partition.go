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
		if found == nil {
			found = map[string]string{}
		}
		found[name] = value
	}
	return found
}

// CheckPartitions returns an error where two folders of a path give one column
// different values.
func CheckPartitions(path string) error {
	found := map[string]string{}
	for name, value := range partitions(path) {
		folded := strings.ToLower(name)
		if other, ok := found[folded]; ok && other != value {
			return fmt.Errorf("%s: %w: its folders say both %s=%s and %s=%s; rename one of them", path, ErrFormat, name, other, name, value)
		}
		found[folded] = value
	}
	return nil
}

// partitions are the names and values of the folders of a path, the outermost
// first.
func partitions(path string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for folder := range strings.SplitSeq(filepath.ToSlash(filepath.Dir(path)), "/") {
			name, value, ok := strings.Cut(folder, "=")
			if !ok || name == "" || strings.ContainsAny(name, " .") {
				continue
			}
			if decoded, err := url.PathUnescape(value); err == nil {
				value = decoded
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
