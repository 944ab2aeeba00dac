package ownkey

import (
	"fmt"
	"regexp"
	"strings"
)

// Kind is what stored a batch under a key.
type Kind uint8

const (
	// Caller is the kind of a key that a caller chose.
	Caller Kind = iota
	// Copy is the kind of a batch of rows in a copy.
	Copy
	// Rejected is the kind of a batch of quarantined rows in a copy.
	Rejected
	// Spool is the kind of a batch that was spooled without a key.
	Spool
	// Merge is the kind of a record of how far a source was merged.
	Merge
)

const all = "galley "

// prefixes begin the keys of each kind. They select rows of a ledger, and only Of
// says which of those are galley's: a caller's key may begin with the same words.
var prefixes = [...]string{Copy: all + "copy ", Rejected: all + "copy rejected ", Spool: all + "spool ", Merge: all + "merge "}

// Prefix is what all keys of the kind begin with.
func (k Kind) Prefix() string { return prefixes[k] }

var (
	spool    = regexp.MustCompile(`^[0-9a-f]{32}$`)
	merge    = regexp.MustCompile(`^[0-9a-f]{32} [0-9]{6,}( .*)?$`)
	numbered = regexp.MustCompile(`^[0-9]{6,}-[0-9a-f]{16}$`)
)

// Of returns the kind of a key, by its whole form.
func Of(key string) Kind {
	if !strings.HasPrefix(key, all) {
		return Caller
	}
	for kind, form := range [...]*regexp.Regexp{Copy: numbered, Rejected: numbered, Spool: spool, Merge: merge} {
		if rest, ok := strings.CutPrefix(key, prefixes[kind]); ok && form != nil && form.MatchString(rest) {
			return Kind(kind)
		}
	}
	return Caller
}

// Numbered is the key of a copy's batch of the kind Copy or Rejected, with a sum
// over its content.
func Numbered(kind Kind, number int, content uint64) string {
	return fmt.Sprintf("%s%06d-%016x", prefixes[kind], number, content)
}

// Number returns the number in a key that Numbered made.
func Number(key string) (n int) {
	rest := strings.TrimPrefix(key, prefixes[Of(key)])
	if _, err := fmt.Sscanf(rest, "%d-", &n); err != nil {
		return 0
	}
	return n
}

// Spooled is the key of a spooled batch, of 32 random hexadecimal digits.
func Spooled(digits string) string { return prefixes[Spool] + digits }

// Merged is the key of a record about the source with an id, of 32 hexadecimal
// digits, after a step. The text says how far it got; it may be empty.
func Merged(id string, step int, text string) string {
	key := fmt.Sprintf("%s%s %06d", prefixes[Merge], id, step)
	if text != "" {
		key += " " + strings.ReplaceAll(text, "\n", " ")
	}
	return key
}
