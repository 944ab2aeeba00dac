package schema

// BoolOf returns a stored integer as a value of the column, which is a bool. An
// integer other than 0 and 1, which another program has written, would be lost, so it
// is a *[ValueError].
func (c *Column) BoolOf(v int64) (bool, error) {
	if v != 0 && v != 1 {
		return true, &ValueError{Column: c.Name, Value: v, Err: ErrOverflow}
	}
	return v == 1, nil
}
