package doctor

import (
	"context"

	"github.com/galley-db/galley/internal/holder"
)

// Level says how bad a finding is.
type Level string

// The levels.
const (
	Fine    Level = "ok"
	Note    Level = "note"    // worth knowing
	Problem Level = "problem" // data is in danger, or is not what it seems
)

// Finding is what one check has found.
type Finding struct {
	Check string `json:"check"`
	Level Level  `json:"level"`
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"` // what to do about it
}

// Examine runs all checks on the file at path. Its error is ctx's; whatever
// is wrong with the file is a finding. full also reads all of the file: its
// integrity, and its rows against its ledger.
func Examine(ctx context.Context, path string, full bool) ([]Finding, error) {
	e := &examination{path: path}
	e.file()
	if e.there {
		e.holders()
		e.inside(ctx, full)
	}
	return e.found, ctx.Err()
}

// Healthy reports whether there is no problem among the findings.
func Healthy(found []Finding) bool {
	for _, f := range found {
		if f.Level == Problem {
			return false
		}
	}
	return true
}

// examination is one call of Examine.
type examination struct {
	path  string
	there bool
	open  []holder.Process
	known bool // all who have it open are in open
	found []Finding
}

func (e *examination) fine(check, text string)        { e.add(check, Fine, text, "") }
func (e *examination) note(check, text, do string)    { e.add(check, Note, text, do) }
func (e *examination) problem(check, text, do string) { e.add(check, Problem, text, do) }

func (e *examination) add(check string, level Level, text, do string) {
	e.found = append(e.found, Finding{check, level, text, do})
}
