package schema

import "strconv"

// typeNames are the names of the types, by Type. They stand in files: they
// never change.
var typeNames = [...]string{
	Bool: "bool", Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64",
	Uint8: "uint8", Uint16: "uint16", Uint32: "uint32", Uint64: "uint64",
	Float32: "float32", Float64: "float64", Text: "text", Blob: "blob",
	Time: "time", Duration: "duration", JSON: "json",
	Vector32: "vector32", Vector64: "vector64",
}

// String returns the name of the type as it stands in a file, "Type(n)" for an
// invalid type.
func (t Type) String() string {
	if t.valid() {
		return typeNames[t]
	}
	return "Type(" + strconv.Itoa(int(t)) + ")"
}

func (t Type) valid() bool    { return t >= Bool && int(t) < len(typeNames) }
func (t Type) isFloat() bool  { return t == Float32 || t == Float64 }
func (t Type) isVector() bool { return t == Vector32 || t == Vector64 }

// unitNames are the names of the units, by TimeUnit, as in the tag.
var unitNames = [...]string{Micros: "us", Seconds: "s", Millis: "ms", Nanos: "ns", RFC3339: "rfc3339"}

// String returns the name of the unit as in the tag, "TimeUnit(n)" for an
// invalid unit.
func (u TimeUnit) String() string {
	if int(u) < len(unitNames) {
		return unitNames[u]
	}
	return "TimeUnit(" + strconv.Itoa(int(u)) + ")"
}

// uintNames are the names of the policies, by UintPolicy, as in the tag.
var uintNames = [...]string{UintInt: "int", UintText: "text", UintBlob: "blob"}

// String returns the name of the policy as in the tag, "int" for the policy
// without a tag, "UintPolicy(n)" for an invalid policy.
func (p UintPolicy) String() string {
	if int(p) < len(uintNames) {
		return uintNames[p]
	}
	return "UintPolicy(" + strconv.Itoa(int(p)) + ")"
}

// SQLite refuses blobs of more than 1,000,000,000 bytes
// (https://sqlite.org/limits.html#max_length). maxDim is the largest dimension
// of a vector.
const (
	maxBytes = 1_000_000_000
	maxDim   = maxBytes / 8
)

// typeSet is a set of types.
type typeSet uint32

func setOf(types ...Type) (s typeSet) {
	for _, t := range types {
		s |= 1 << t
	}
	return s
}

func (s typeSet) has(t Type) bool { return s&(1<<t) != 0 }
