package lake

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrSource is returned for a database that Publish cannot publish from.
	ErrSource = errors.New("cannot publish from this database")
	// ErrType is returned for a column whose values Iceberg cannot hold.
	ErrType = errors.New("no Iceberg type holds the column")
	// ErrPartition is returned for a partition that cannot be used.
	ErrPartition = errors.New("invalid partition")
	// ErrCatalog is returned for a catalog or warehouse that cannot be used.
	ErrCatalog = errors.New("invalid catalog")
	// ErrState is returned when the properties in which Publish keeps how far a
	// table was published cannot be read.
	ErrState = errors.New("the record of the published rows is damaged")
	// ErrForeignFiles is returned by a Republish when it cannot find out which
	// data files hold the rows of this galley file.
	ErrForeignFiles = errors.New("data files of unknown origin")
	// ErrOutcomeUnknown is returned when the catalog did not say whether it took
	// a commit. The next Publish finds out, and publishes nothing twice.
	ErrOutcomeUnknown = errors.New("the outcome of the commit is unknown")

	errOvertaken = errors.New("another process has published the same file")
)

// ChangedError is returned when rows that were published have changed in the
// galley file since. Publishing goes on with PublishOptions.Republish, which
// rewrites the rows of this file in one snapshot.
type ChangedError struct {
	Table     string
	Forgotten []string // keys of published batches that are gone
	Replaced  []string // keys of published batches that were stored again or have other rows
	Reason    string   // what was compared, where no batch is known
}

func (e *ChangedError) Error() string {
	var parts []string
	if len(e.Forgotten) > 0 {
		parts = append(parts, fmt.Sprintf("batch %s was published and then forgotten", quotedList(e.Forgotten)))
	}
	if len(e.Replaced) > 0 {
		parts = append(parts, fmt.Sprintf("batch %s was published and then replaced or edited", quotedList(e.Replaced)))
	}
	if len(parts) == 0 {
		parts = append(parts, e.Reason)
	}
	return fmt.Sprintf("table %q: %s; publish it with --republish (PublishOptions.Republish), which rewrites the rows of this file in one snapshot",
		e.Table, strings.Join(parts, "; "))
}

func quotedList(keys []string) string {
	const most = 5
	var quoted []string
	for _, k := range keys[:min(len(keys), most)] {
		quoted = append(quoted, fmt.Sprintf("%q", k))
	}
	text := strings.Join(quoted, ", ")
	if more := len(keys) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// EvolutionError is returned when a table has changed in a way that its Iceberg
// table cannot follow. Nothing was written.
type EvolutionError struct {
	Table, Column string
	Have          string // the Iceberg type
	Want          string // the galley type
	Reason        string
}

func (e *EvolutionError) Error() string {
	text := fmt.Sprintf("table %q, column %q: the Iceberg table has %s and the galley table %s", e.Table, e.Column, e.Have, e.Want)
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return text + "; publish into another namespace, or rename the column"
}
