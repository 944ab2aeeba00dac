package generic

type Pair[T int | bool] struct{ A T }

type Other[A, B any] struct {
	A A
	B B
}
