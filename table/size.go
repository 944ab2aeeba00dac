package table

import "time"

// size is the number of bytes of a row's values, if the Writer looks at it.
func (w *Writer[T]) size(row *T, c *rowCopy) int {
	if w.opts.Bytes == 0 {
		return 0
	}
	var s sizeWriter
	if c != nil {
		c.values.replay(&s)
	} else {
		_ = w.table.binder.Bind(&s, row) // its error comes up when the row is stored
	}
	return s.bytes
}

// sizeWriter is a schema.Writer that counts.
type sizeWriter struct{ bytes int }

func (s *sizeWriter) Null(int)             { s.bytes++ }
func (s *sizeWriter) Bool(int, bool)       { s.bytes++ }
func (s *sizeWriter) Int64(int, int64)     { s.bytes += 8 }
func (s *sizeWriter) Float64(int, float64) { s.bytes += 8 }
func (s *sizeWriter) Text(_ int, v string) { s.bytes += len(v) }
func (s *sizeWriter) Blob(_ int, v []byte) { s.bytes += len(v) }
func (s *sizeWriter) Time(int, time.Time)  { s.bytes += 8 }
