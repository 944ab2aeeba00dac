package doctor

import "github.com/galley-db/galley/internal/holder"

// Describe names a process and what it does with the database.
func Describe(p holder.Process) string {
	s := p.String()
	if !p.Writing && p.Behind > 0 {
		s += " the state from before the last " + Size(p.Behind) + " of the WAL"
	}
	return s
}
