package row

// Ints is row D: a running number and two integers of 32 bits.
type Ints struct {
	A int64 `db:"a" gorm:"column:a" bun:"a" parquet:"a"`
	B int64 `db:"b" gorm:"column:b" bun:"b" parquet:"b"`
	C int64 `db:"c" gorm:"column:c" bun:"c" parquet:"c"`
}

var intsColumns = []Column{{"a", Int}, {"b", Int}, {"c", Int}}

func fillInts(rows []Ints, from int) {
	for j := range rows {
		h := mix(uint64(from + j))
		rows[j] = Ints{A: int64(from + j), B: int64(int32(h)), C: int64(int32(h >> 32))}
	}
}

// Bind implements [Batch] for one row.
func (r *Ints) Bind(b Binder) error {
	b.Int(0, r.A)
	b.Int(1, r.B)
	b.Int(2, r.C)
	return b.Err()
}

// Args appends the row's values.
func (r *Ints) Args(dst []any) []any {
	return append(dst, r.A, r.B, r.C)
}

func (r *Ints) sum() float64 { return float64(r.B) }
