package row

import "math"

// Binder takes the values of one row, columns counted from 0. Err is the
// first error since it was last called.
type Binder interface {
	Text(i int, v string)
	Real(i int, v float64)
	Int(i int, v int64)
	Err() error
}

// Batch is a slice of rows of any kind, in the forms that peers want them in.
type Batch interface {
	Len() int
	// Bind gives the values of row i to b.
	Bind(i int, b Binder) error
	// Args appends the values of row i to dst.
	Args(i int, dst []any) []any
	// Slice is the rows as a slice of their type, such as []Sample.
	Slice() any
	// Fill makes rows from, from+1 and so on in place.
	Fill(from int)
	// Tally counts and sums the rows.
	Tally() Tally
	// TallyFirst counts and sums the first n rows.
	TallyFirst(n int) Tally
}

// Tally is what the check of a run compares.
type Tally struct {
	Rows int64
	Sum  float64
}

// Add is the tally of both.
func (t Tally) Add(o Tally) Tally { return Tally{t.Rows + o.Rows, t.Sum + o.Sum} }

// Same reports whether the tallies agree. Sums of integers agree exactly;
// sums of reals may differ by what the order of adding makes of them, which
// is far below one row.
func (t Tally) Same(o Tally) bool {
	return t.Rows == o.Rows && math.Abs(t.Sum-o.Sum) <= 1e-9*math.Abs(t.Sum)
}

// NewBatch makes a batch of n rows of kind k, from row from on.
func NewBatch(k Kind, n, from int) Batch {
	var b Batch
	switch k {
	case A:
		b = &rows[Sample, *Sample]{list: make([]Sample, n), fill: fillSamples[Sample]}
	case AKeyed:
		b = &rows[KeyedSample, *KeyedSample]{list: make([]KeyedSample, n), fill: fillSamples[KeyedSample]}
	case AIndexed:
		b = &rows[IndexedSample, *IndexedSample]{list: make([]IndexedSample, n), fill: fillSamples[IndexedSample]}
	case B:
		b = &rows[Wide, *Wide]{list: make([]Wide, n), fill: fillWide}
	case C:
		b = &rows[Texts, *Texts]{list: make([]Texts, n), fill: fillTexts}
	case D:
		b = &rows[Ints, *Ints]{list: make([]Ints, n), fill: fillInts}
	case Users:
		b = &rows[User, *User]{list: make([]User, n), fill: fillUsers}
	default:
		panic("row: no such kind")
	}
	b.Fill(from)
	return b
}

// record is what the row types have in common.
type record[T any] interface {
	*T
	Bind(Binder) error
	Args([]any) []any
	sum() float64
}

// rows implements Batch for the rows of one type.
type rows[T any, P record[T]] struct {
	list []T
	fill func(rows []T, from int)
}

func (r *rows[T, P]) Len() int                    { return len(r.list) }
func (r *rows[T, P]) Bind(i int, b Binder) error  { return P(&r.list[i]).Bind(b) }
func (r *rows[T, P]) Args(i int, dst []any) []any { return P(&r.list[i]).Args(dst) }
func (r *rows[T, P]) Slice() any                  { return r.list }
func (r *rows[T, P]) Fill(from int)               { r.fill(r.list, from) }

func (r *rows[T, P]) Tally() Tally { return r.TallyFirst(len(r.list)) }

func (r *rows[T, P]) TallyFirst(n int) Tally {
	t := Tally{Rows: int64(n)}
	for i := range n {
		t.Sum += P(&r.list[i]).sum()
	}
	return t
}

// Stream calls each for batches of size rows, the last one perhaps smaller,
// that together are rows from, …, from+n-1. The batch is reused: each must
// not keep it. Stream returns the tally of all rows.
func Stream(k Kind, from, n, size int, each func(Batch) error) (Tally, error) {
	var total Tally
	var b Batch
	for done := 0; done < n; done += size {
		if left := n - done; b == nil || left < size {
			b = NewBatch(k, min(size, left), from+done)
		} else {
			b.Fill(from + done)
		}
		total = total.Add(b.Tally())
		if err := each(b); err != nil {
			return total, err
		}
	}
	return total, nil
}
