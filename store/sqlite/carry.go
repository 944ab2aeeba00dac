package sqlite

import "github.com/galley-db/galley/store"

// carry writes what a batch carries from another database into the ledger and
// the quarantine, in the transaction that has been started.
func (w *writer) carry(b *insertion) error {
	if b.Carried == nil {
		return nil
	}
	for _, c := range b.Carried.Batches {
		fresh, err := w.enter(b.Schema.Name(), c.Key, c.Rows, c.At.UnixMicro())
		if err != nil {
			return err
		}
		if !fresh {
			return store.KeyStored(b.Schema.Name(), c.Key)
		}
	}
	if len(b.Carried.Rejected) == 0 {
		return nil
	}
	table, err := w.openQuarantine(b.Schema)
	for _, r := range b.Carried.Rejected {
		if err != nil {
			break
		}
		var key any
		if r.Key != "" {
			key = r.Key
		}
		err = w.conn.run("INSERT INTO "+table+" (key, row, error, at) VALUES (?,?,?,?)", key, string(r.Row), r.Error, r.At.UnixMicro())
	}
	return err
}
