package sqlite

import "github.com/galley-db/galley/internal/evolve"

// verify makes sure, in the transaction that has been started, that rows of
// the plan may go into its table as it is now.
func (w *writer) verify(p *plan) error {
	if w.verified[p] != nil {
		return nil
	}
	have, err := w.conn.table(p.schema.Name())
	if err != nil {
		return err
	}
	if err := evolve.Usable(w.file.path, p.schema, have, false); err != nil {
		return err
	}
	if _, err := w.conn.audit(w.file.path, have, true); err != nil {
		return err
	}
	found, err := w.conn.facts(p.schema.Name())
	if err != nil {
		return err
	}
	if w.verified == nil || len(w.verified) >= maxPlans {
		w.verified = map[*plan]*facts{}
	}
	w.verified[p] = found
	return nil
}

// facts are what matters of a table for writing into it, beside its columns.
type facts struct {
	triggers bool
	uniques  bool // rules beside the key, the struct's or not
}

func (c *conn) facts(table string) (*facts, error) {
	triggers, err := c.int64("SELECT count(*) FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE", table)
	if err != nil {
		return nil, err
	}
	uniques, err := c.int64(`SELECT count(*) FROM pragma_index_list(?, 'main') WHERE "unique" AND origin <> 'pk'`, table)
	return &facts{triggers: triggers > 0, uniques: uniques > 0}, err
}
