package schema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Change is one difference between the table that there is and the one that
// is wanted.
type Change struct {
	Kind   ChangeKind
	Column string // the column's name as wanted, the old one of a dropped column, "" for a key or a group
	Want   string // what is wanted: a [Column.Spec], a name, or columns; "" where nothing is
	Have   string // what there is, likewise
	Group  Group  // of a unique group or an index: its name and columns, as wanted or, of a dropped one, as they are after the renames
	SQL    string // the SQLite statement that makes the change, "" where no single one can
	Risk   Risk
}

// String is the change in one line: text with a line break is quoted.
func (c Change) String() string {
	c.Have, c.Want = oneLine(c.Have), oneLine(c.Want)
	subject := c.Kind.String()
	if c.Column != "" {
		subject += " " + strconv.Quote(c.Column)
	}
	switch {
	case c.Have == "":
		return fmt.Sprintf("%s: want %s (%s)", subject, c.Want, c.Risk)
	case c.Want == "":
		return fmt.Sprintf("%s: have %s (%s)", subject, c.Have, c.Risk)
	}
	return fmt.Sprintf("%s: have %s, want %s (%s)", subject, c.Have, c.Want, c.Risk)
}

// oneLine is text that stands in a line of its own: quoted where it has a line
// break or another control character, or where it could be taken for quoted.
func oneLine(text string) string {
	if strings.HasPrefix(text, `"`) || strings.ContainsFunc(text, unicode.IsControl) {
		return strconv.Quote(text)
	}
	return text
}

// ChangeKind says what differs.
type ChangeKind uint8

// The kinds of changes.
const (
	Added          ChangeKind = iota + 1 // a column is not there yet
	Dropped                              // a column is there no more
	Renamed                              // a column has another name, by was= or in upper and lower case
	Widened                              // a column holds more values than before
	Narrowed                             // a column cannot hold all values that it held
	NullChanged                          // a column takes NULL, or no longer does, or says otherwise what NULL is
	DefaultChanged                       // of a column
	CheckChanged                         // of a column
	KeyChanged                           // other columns are the key
	UniqueAdded                          // a unique group is not there yet
	UniqueDropped                        // a unique group is there no more
	IndexAdded                           // an index is not there yet
	IndexDropped                         // an index is there no more
	BatchChanged                         // a column holds the batch's key, or no longer does
	Moved                                // the columns stand in another order; no statement depends on it
	lastChangeKind = Moved
)

var changeNames = [...]string{
	Added: "column added", Dropped: "column dropped", Renamed: "column renamed",
	Widened: "type widened", Narrowed: "type narrowed", NullChanged: "null changed",
	DefaultChanged: "default changed", CheckChanged: "check changed", KeyChanged: "key changed",
	UniqueAdded: "unique added", UniqueDropped: "unique dropped",
	IndexAdded: "index added", IndexDropped: "index dropped",
	BatchChanged: "batch changed", Moved: "columns in another order",
}

// String names the kind, as "column added"; "ChangeKind(n)" for no kind.
func (k ChangeKind) String() string {
	if k >= Added && k <= lastChangeKind {
		return changeNames[k]
	}
	return "ChangeKind(" + strconv.Itoa(int(k)) + ")"
}

// Risk says what a change can cost. Greater is worse.
type Risk uint8

// The risks of a change. The zero value is not a risk.
const (
	// Safe changes are made in place, or need nothing made at all. No value
	// changes, and rows that exist cannot stand in the way.
	Safe Risk = iota + 1
	// Fallible changes are made in place and fail, with the table as it was,
	// where rows that exist break the rule that is added.
	Fallible
	// Rebuild changes need the table rewritten. It fails, with the table
	// as it was, where a row breaks the new rules.
	Rebuild
	// Lossy changes drop values, or leave some that no longer fit.
	Lossy
)

var riskNames = [...]string{"none", Safe: "safe", Fallible: "fallible", Rebuild: "rebuild", Lossy: "lossy"}

// String names the risk, as "safe"; "Risk(n)" for no risk.
func (r Risk) String() string {
	if int(r) < len(riskNames) {
		return riskNames[r]
	}
	return "Risk(" + strconv.Itoa(int(r)) + ")"
}
