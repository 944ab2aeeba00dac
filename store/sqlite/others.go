package sqlite

// agrees compares a batch with the others that it must agree with. Only the writer
// sees all of them: a batch of the same transaction may have come just before.
func (w *writer) agrees(b *insertion) error {
	if b.Others == nil {
		return nil
	}
	s, _, err := w.conn.Prepare(`SELECT key FROM galley_batches WHERE "table" = ?1 AND key >= ?2 AND substr(key, 1, length(?2)) = ?2 AND key <> ?3`)
	if err != nil {
		return err
	}
	defer s.Close()
	for i, text := range []string{b.Schema.Name(), b.Others.Prefix, b.Key} {
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
