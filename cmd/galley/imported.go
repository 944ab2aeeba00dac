package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/galley-db/galley/load"
)

// printPartly names the files of which an interruption left parts.
func (a *app) printPartly(res *load.Report) {
	for _, f := range res.Files {
		if f.Err != nil && f.Parts > 0 {
			a.say("%s: %v", f.Path, f.Err)
		}
	}
}

// printStopped says how far an import that has been interrupted came.
func (a *app) printStopped(res *load.Report) {
	stored, all := len(res.Files)-res.Failed(), len(res.Files)
	a.say("%d of %d files are stored", stored, all)
	if stored < all {
		a.say("run the same import again to store the rest")
	}
}

// importedFile is what became of a file, as --json prints it.
type importedFile struct {
	Path      string `json:"path"`
	Key       string `json:"key"`
	Stored    bool   `json:"stored"`
	Rows      int64  `json:"rows"`
	Changed   int64  `json:"changed,omitempty"`
	Unchanged int64  `json:"unchanged,omitempty"`
	Removed   int64  `json:"removed,omitempty"`
	Rejected  int64  `json:"rejected"`
	Note      string `json:"note,omitempty"`
	Error     string `json:"error,omitempty"`
}

// printImport prints what became of the files. to takes the line of numbers.
func (a *app) printImport(res *load.Report, to io.Writer) error {
	files, stored, skipped, rejected, changed, left, removed := []importedFile{}, 0, 0, int64(0), int64(0), int64(0), int64(0)
	notes := map[string]int{}
	var order []string
	for _, f := range res.Files {
		out := importedFile{Path: f.Path, Key: f.Key, Stored: f.Applied, Rows: f.Rows, Changed: f.Changed, Unchanged: f.Left, Removed: f.Removed, Rejected: f.Rejected, Note: f.Note}
		rejected += f.Rejected
		changed += f.Changed
		left += f.Left
		removed += f.Removed
		switch {
		case f.Err != nil:
			out.Error = f.Err.Error()
			if f.Parts == 0 {
				a.printBad(a.errs, &f)
			}
		case f.Applied:
			stored++
		default:
			skipped++
		}
		if f.Err == nil && f.Note != "" {
			how := ""
			if !f.Applied {
				how = "skipped: "
			}
			if notes[f.Note]++; notes[f.Note] == 1 {
				order = append(order, f.Note)
				a.say("%s: %s%s", f.Path, how, f.Note)
			}
		}
		files = append(files, out)
	}
	for _, note := range order {
		if n := notes[note]; n > 1 {
			a.say("and %d more: %s", n-1, note)
		}
	}
	if a.json {
		if err := a.printJSON(files); err != nil {
			return err
		}
	} else {
		a.printTypes(res)
		fmt.Fprintf(to, "%d files stored, %d skipped, %d failed; %d rows, %d rejected", stored, skipped, res.Failed(), res.Rows(), rejected)
		for _, n := range []struct {
			rows int64
			what string
		}{{changed, "changed"}, {left, "left as they were"}, {removed, "removed"}} {
			if n.rows > 0 {
				fmt.Fprintf(to, ", %d %s", n.rows, n.what)
			}
		}
		fmt.Fprintln(to)
	}
	if res.Failed() > 0 {
		return errReported
	}
	return nil
}

// printTypes prints the types of a table that is created, or of its new columns.
func (a *app) printTypes(res *load.Report) {
	if len(res.Inferred) == 0 {
		return
	}
	columns := "columns"
	if res.Evolved {
		columns = "new columns"
	}
	a.say("table %s has these %s:", res.Table, columns)
	for _, c := range res.Inferred {
		why := ""
		if c.Why != "" {
			why = " (" + c.Why + ")"
		}
		a.say("  %s %s%s", c.Name, c.Type, why)
	}
}

// printBad lists the bad rows of a file that failed because of them, and says why
// another file failed.
func (a *app) printBad(w io.Writer, f *load.File) {
	last := len(f.Bad) - 1
	if last < 0 || !errors.Is(f.Err, load.ErrBadRows) && !errors.Is(f.Err, f.Bad[last].Err) {
		fmt.Fprintf(w, "%s: %v\n", f.Path, f.Err)
		return
	}
	for i, j := 0, 0; i < len(f.Bad); i = j {
		for j = i + 1; j < len(f.Bad) && f.Bad[j].Err.Error() == f.Bad[i].Err.Error(); {
			j++
		}
		fmt.Fprint(w, f.Bad[i])
		if more := j - i - 1; more > 0 {
			fmt.Fprintf(w, " (the same in %s, up to line %d)", several(int64(more), "more line"), f.Bad[j-1].Line)
		}
		fmt.Fprintln(w)
	}
	if more := f.BadRows - int64(len(f.Bad)); more > 0 {
		fmt.Fprintf(w, "%s: and %d more\n", f.Path, more)
	}
	fmt.Fprintf(w, "%s: nothing of the file is stored\n", f.Path)
}
