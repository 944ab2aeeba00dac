package row

import "fmt"

// Texts is row C: six texts of 60 bytes, none of which comes twice.
type Texts struct {
	T0 string `db:"t0" gorm:"column:t0" bun:"t0" parquet:"t0"`
	T1 string `db:"t1" gorm:"column:t1" bun:"t1" parquet:"t1"`
	T2 string `db:"t2" gorm:"column:t2" bun:"t2" parquet:"t2"`
	T3 string `db:"t3" gorm:"column:t3" bun:"t3" parquet:"t3"`
	T4 string `db:"t4" gorm:"column:t4" bun:"t4" parquet:"t4"`
	T5 string `db:"t5" gorm:"column:t5" bun:"t5" parquet:"t5"`
}

var textsColumns = []Column{
	{"t0", Text}, {"t1", Text}, {"t2", Text}, {"t3", Text}, {"t4", Text}, {"t5", Text},
}

// text is 60 bytes: nine digits that [Kind.Sum] adds up, then letters.
func text(n uint64) string {
	h := mix(n)
	return fmt.Sprintf("%09d-%016x-%016x-%016x", h%1_000_000_000, h, mix(h), mix(h+1))
}

func fillTexts(rows []Texts, from int) {
	for j := range rows {
		n := uint64(from+j) * 6
		rows[j] = Texts{text(n), text(n + 1), text(n + 2), text(n + 3), text(n + 4), text(n + 5)}
	}
}

// Bind implements [Batch] for one row.
func (t *Texts) Bind(b Binder) error {
	b.Text(0, t.T0)
	b.Text(1, t.T1)
	b.Text(2, t.T2)
	b.Text(3, t.T3)
	b.Text(4, t.T4)
	b.Text(5, t.T5)
	return b.Err()
}

// Args appends the row's values.
func (t *Texts) Args(dst []any) []any {
	return append(dst, t.T0, t.T1, t.T2, t.T3, t.T4, t.T5)
}

func (t *Texts) sum() float64 {
	var n int64
	for _, c := range []byte(t.T0[:9]) {
		n = n*10 + int64(c-'0')
	}
	return float64(n)
}
