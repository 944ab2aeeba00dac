package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"
)

// maxIndexName is the length of an index's name in bytes: PostgreSQL cuts longer
// names, so two could become one.
const maxIndexName = 63

// IndexName is the name of the index that CreateTable makes of an index group.
//
// Indexes share one space of names with each other and with tables. A table
// cannot have a name that begins with galley_, and the digits at the end are a
// hash of the table and the group: the groups region_x of scan and x of
// scan_region have indexes of two names. The text between the two is for
// people, and is cut where the name would be too long for PostgreSQL.
func (s *Schema) IndexName(group string) string { return indexName("idx", s.name, group) }

// UniqueName is the name of the index that a [Change] makes of a unique group
// that the table did not have when it was made.
func (s *Schema) UniqueName(group string) string { return indexName("key", s.name, group) }

// IndexNames are the names that the index of an index group may have: that of
// IndexName, and the one that galley gave before, which another table's index can
// have too.
func (s *Schema) IndexNames(group string) []string {
	return []string{s.IndexName(group), s.name + "_" + group + "_idx"}
}

// UniqueNames is IndexNames for the index of a unique group.
func (s *Schema) UniqueNames(group string) []string {
	return []string{s.UniqueName(group), s.name + "_" + group + "_key"}
}

func indexName(kind, table, group string) string {
	const digits = 16
	// No name has a NUL in it.
	sum := sha256.Sum256([]byte(kind + "\x00" + table + "\x00" + group))
	end := "_" + kind + "_" + hex.EncodeToString(sum[:digits/2])
	name := "galley_" + table + "_" + group
	if cut := maxIndexName - len(end); len(name) > cut {
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut]
	}
	return name + end
}
