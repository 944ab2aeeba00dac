package schema

// retype compares what two columns hold. kind is Widened where every value of
// have is one of want's, Narrowed where not, 0 where both hold the same.
func retype(want, have *Column) (kind ChangeKind, risk Risk) {
	if want.Type == have.Type && want.Unit == have.Unit && want.Uint == have.Uint && want.Dim == have.Dim {
		return 0, 0
	}
	switch {
	case !widens(want, have):
		return Narrowed, Lossy
	case sameForm(want, have):
		return Widened, Safe
	}
	return Widened, Rebuild
}

// sameForm reports whether a value of both columns is the same bytes in a file.
// A table whose column is INTEGER may hold a REAL's values, but not the other
// way round.
func sameForm(want, have *Column) bool {
	if want.storage() != have.storage() || want.Type.isVector() && want.Type != have.Type {
		return false
	}
	return want.Type != Time || want.Unit == have.Unit
}

// bits is how many bits an integer type has for values from 0 on.
var bits = map[Type]int{
	Bool: 1, Int8: 7, Uint8: 8, Int16: 15, Uint16: 16, Int32: 31, Uint32: 32, Int64: 63, Duration: 63, Uint64: 64,
}

// widens reports whether want can hold every value of have.
func widens(want, have *Column) bool {
	w, h := want.Type, have.Type
	switch {
	case w.isVector():
		return h.isVector() && (w == h || w == Vector64) && (want.Dim == 0 || want.Dim == have.Dim)
	case w == Uint64 && h == Uint64:
		// An INTEGER column holds half of the range.
		return want.Uint != UintInt || have.Uint == UintInt
	case w == Time:
		return h == Time && finer(want.Unit, have.Unit)
	case bits[w] != 0 && bits[h] != 0:
		return w != Bool && widensInteger(want, have)
	case w.isFloat() && bits[h] != 0:
		// A float64 has 53 bits for whole numbers, a float32 24.
		return h != Duration && bits[h] <= map[Type]int{Float32: 24, Float64: 53}[w]
	}
	return w == h || w == Float64 && h == Float32 || w == Text && h == JSON
}

// widensInteger is widens for integers of two types.
func widensInteger(want, have *Column) bool {
	w, h := want.Type, have.Type
	signed := func(t Type) bool { return t >= Int8 && t <= Int64 || t == Duration }
	switch {
	case h == Uint64 && have.Uint == UintInt:
		return bits[w] >= 63 // what is stored is at most math.MaxInt64
	case !signed(w) && signed(h):
		return false
	}
	return bits[w] >= bits[h]
}

// finer reports whether a time in the unit have is one in want, not rounded and
// in range. Nanoseconds reach for 292 years to both sides only, and RFC 3339
// has no year after 9999.
func finer(want, have TimeUnit) bool {
	rank := map[TimeUnit]int{Seconds: 1, Millis: 2, Micros: 3}
	return want == have || rank[want] > rank[have] && rank[have] > 0
}
