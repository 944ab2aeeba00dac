package schema

// FloatOf returns a stored integer as a value of the column, which is a float.
// It returns a *[ValueError] with [ErrOverflow] for an integer that the column's
// type would round.
func (c *Column) FloatOf(v int64) (float64, error) {
	f := float64(v)
	if c.Type == Float32 {
		f = float64(float32(v))
	}
	if f >= 1<<63 || int64(f) != v {
		return f, &ValueError{Column: c.Name, Value: v, Err: ErrOverflow}
	}
	return f, nil
}
