package sqlite

// othersSQL finds the keys of a table that begin with a prefix, in the index: no text
// has a byte as high as the one that its upper bound ends with.
const othersSQL = `SELECT key FROM galley_batches WHERE "table" = ?1 AND key >= ?2 AND key < ?3 AND key <> ?4`

// agrees compares a batch with the others that it must agree with. Only the writer
// sees all of them: a batch of the same transaction may have come just before.
func (w *writer) agrees(b *insertion) error {
	if b.Others == nil {
		return nil
	}
	s, _, err := w.conn.Prepare(othersSQL)
	if err != nil {
		return err
	}
	defer s.Close()
	for i, text := range []string{b.Schema.Name(), b.Others.Prefix, b.Others.Prefix + "\xff", b.Key} {
		if err := s.BindText(i+1, text); err != nil {
			return err
		}
	}
	var keys []string
	for s.Step() {
		keys = append(keys, s.ColumnText(0))
	}
	if err := s.Err(); err != nil {
		return err
	}
	return b.Others.Check(keys)
}
