package sqlite

import "github.com/galley-db/galley/internal/evolve"

// verify makes sure, in the transaction that has been started, that rows of
// the plan may go into its table as it is now.
func (w *writer) verify(p *plan) error {
	if w.verified[p] {
		return nil
	}
	have, err := w.conn.table(p.schema.Name())
	if err != nil {
		return err
	}
	if err := evolve.Usable(w.file.path, p.schema, have, false); err != nil {
		return err
	}
	if w.verified == nil || len(w.verified) >= maxPlans {
		w.verified = map[*plan]bool{}
	}
	w.verified[p] = true
	return nil
}
