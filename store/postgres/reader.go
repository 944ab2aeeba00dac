package postgres

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// rowReader gives the values of a result's row, by the types that the server
// says they have.
type rowReader struct {
	columns []schema.Column
	at      []int    // where each column stands in the result
	oids    []uint32 // of each column, the number of its type
	stored  []bool   // the value comes from a column of a table as it is
	values  [][]byte // of the result
	texts   []string // the last text of each column: they tend to repeat
	packed  []byte   // the last vector
	err     error    // the first value that could not be read
}

// newRowReader finds the columns in a result. Of a statement in plain SQL it
// must give exactly these, in any order.
func newRowReader(columns []schema.Column, fields []pgconn.FieldDescription, byPosition bool) (*rowReader, error) {
	if byPosition {
		if len(fields) != len(columns) {
			return nil, fmt.Errorf("%w: it returns %d columns, want %d", store.ErrQuery, len(fields), len(columns))
		}
		r := &rowReader{columns: columns, texts: make([]string, len(columns))}
		for i := range fields {
			r.at, r.oids = append(r.at, i), append(r.oids, fields[i].DataTypeOID)
			r.stored = append(r.stored, fields[i].TableOID != 0)
		}
		return r, nil
	}
	places := make(map[string]int, len(fields))
	for i, f := range fields {
		if _, twice := places[f.Name]; twice {
			return nil, fmt.Errorf("%w: the query returns two columns named %q; rename one with AS", store.ErrQuery, f.Name)
		}
		places[f.Name] = i
	}
	r := &rowReader{columns: columns, texts: make([]string, len(columns))}
	var missing []string
	for _, c := range columns {
		at, ok := places[c.Name]
		if !ok {
			missing = append(missing, c.Name)
			continue
		}
		delete(places, c.Name)
		r.at, r.oids = append(r.at, at), append(r.oids, fields[at].DataTypeOID)
		r.stored = append(r.stored, fields[at].TableOID != 0)
	}
	switch {
	case len(missing) > 0:
		return nil, fmt.Errorf("%w: the query does not return %s; name the columns with AS", store.ErrQuery, strings.Join(missing, ", "))
	case len(places) > 0:
		return nil, fmt.Errorf("%w: the query returns %s, which is not a field of the struct", store.ErrQuery,
			strings.Join(slices.Sorted(maps.Keys(places)), ", "))
	}
	return r, nil
}

// fail remembers the first value that could not be read.
func (r *rowReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// firstUserType is the lowest number of a type that is not the server's own.
// Domains have their base type's, and what is left (an enum, citext) is text.
const firstUserType = 16_384

// Err is the first value that was read as another type than it has:
// [store.ReadError].
func (r *rowReader) Err() error { return r.err }

func (r *rowReader) IsNull(i int) bool { return r.values[r.at[i]] == nil }

// value is a column's value, nil for NULL, which is an error where the column
// cannot be NULL.
func (r *rowReader) value(i int) []byte {
	v := r.values[r.at[i]]
	if c := &r.columns[i]; v == nil && !c.Nullable && !c.NaNNull {
		r.fail(&schema.ValueError{Column: c.Name, Err: schema.ErrNull})
	}
	return v
}

func (r *rowReader) Bool(i int) bool {
	v := r.value(i)
	if v == nil {
		return false
	}
	if r.oids[i] != pgtype.BoolOID || len(v) != 1 {
		r.misfit(i, "a boolean")
		return false
	}
	return v[0] != 0
}

// integerOf is a value of one of the types of integers.
func integerOf(oid uint32, v []byte) (int64, bool) {
	switch {
	case oid == pgtype.Int8OID && len(v) == 8:
		return int64(binary.BigEndian.Uint64(v)), true
	case oid == pgtype.Int4OID && len(v) == 4:
		return int64(int32(binary.BigEndian.Uint32(v))), true
	case oid == pgtype.Int2OID && len(v) == 2:
		return int64(int16(binary.BigEndian.Uint16(v))), true
	case oid == pgtype.BoolOID && len(v) == 1:
		return int64(v[0]), true
	case oid == pgtype.NumericOID:
		digits, ok := numericText(v)
		n, err := strconv.ParseInt(digits, 10, 64)
		return n, ok && err == nil
	}
	return 0, false
}

func (r *rowReader) Int64(i int) int64 {
	v := r.value(i)
	if v == nil {
		return 0
	}
	n, ok := integerOf(r.oids[i], v)
	if c := &r.columns[i]; !ok && c.Type == schema.Time && c.Unit != schema.RFC3339 {
		n, err := c.UnixTime(r.Time(i))
		if err != nil {
			r.misfit(i, wantTime)
		}
		return n
	}
	if !ok {
		r.misfit(i, wantInteger)
	}
	return n
}

func (r *rowReader) Float64(i int) float64 {
	v := r.value(i)
	if v == nil {
		return 0
	}
	oid := r.oids[i]
	switch {
	case oid == pgtype.Float8OID && len(v) == 8:
		return math.Float64frombits(binary.BigEndian.Uint64(v))
	case oid == pgtype.Float4OID && len(v) == 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(v)))
	case oid == pgtype.NumericOID:
		digits, ok := numericText(v)
		if f, err := strconv.ParseFloat(digits, 64); ok && err == nil {
			if !strings.Contains(digits, ".") && !r.exactly(i, f, digits) {
				r.fail(&schema.ValueError{Column: r.columns[i].Name, Value: digits, Err: schema.ErrOverflow})
			}
			return f
		}
	}
	n, ok := integerOf(oid, v)
	if !ok {
		r.misfit(i, wantNumber)
		return 0
	}
	f, err := r.columns[i].FloatOf(n)
	if err != nil {
		r.fail(err)
	}
	return f
}

// exactly reports whether f, in the type of column i, is the integer that
// digits spell.
func (r *rowReader) exactly(i int, f float64, digits string) bool {
	if r.columns[i].Type == schema.Float32 {
		f = float64(float32(f))
	}
	want, ok := new(big.Float).SetPrec(uint(4*len(digits)) + 64).SetString(digits)
	return ok && want.Cmp(big.NewFloat(f)) == 0
}

func (r *rowReader) Text(i int) string {
	v := r.value(i)
	if v == nil {
		return ""
	}
	switch oid := r.oids[i]; oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.JSONOID, pgtype.UnknownOID:
	case pgtype.JSONBOID:
		if len(v) == 0 || v[0] != jsonbVersion {
			r.misfit(i, "a JSON of a known version")
			return ""
		}
		v = v[1:]
	default:
		if oid < firstUserType {
			r.misfit(i, "a text")
			return ""
		}
	}
	if r.texts[i] != string(v) {
		r.texts[i] = string(v)
	}
	return r.texts[i]
}

func (r *rowReader) Blob(i int) []byte {
	v := r.value(i)
	if v == nil {
		return nil
	}
	width := 4
	if oid := r.oids[i]; oid == pgtype.Float8ArrayOID && r.columns[i].Type == schema.Vector32 || oid == pgtype.Float4ArrayOID && r.columns[i].Type == schema.Vector64 {
		r.misfit(i, "an array of the field's type")
		return nil
	}
	switch r.oids[i] {
	case pgtype.ByteaOID:
		return v
	case pgtype.Float8ArrayOID:
		width = 8
		fallthrough
	case pgtype.Float4ArrayOID:
		// A row may have several vectors: each gets a place of its own.
		start := len(r.packed)
		packed, ok := packArray(r.packed, v, width)
		if !ok {
			r.misfit(i, wantVector)
			return nil
		}
		r.packed = packed
		return packed[start:]
	}
	r.misfit(i, "bytes")
	return nil
}

func (r *rowReader) Time(i int) time.Time {
	v := r.value(i)
	if v == nil {
		return time.Time{}
	}
	c := &r.columns[i]
	var t time.Time
	ok := false
	switch oid := r.oids[i]; oid {
	case pgtype.TimestamptzOID, pgtype.TimestampOID:
		if len(v) == 8 {
			t, ok = timeOf(int64(binary.BigEndian.Uint64(v)))
		}
	case pgtype.DateOID:
		if len(v) == 4 {
			days := int32(binary.BigEndian.Uint32(v))
			t, ok = time.Unix(epoch2000+int64(days)*86_400, 0).UTC(), days != math.MaxInt32 && days != math.MinInt32
		}
	case pgtype.TextOID, pgtype.VarcharOID:
		var err error
		if t, err = c.ParseTime(r.Text(i)); err != nil {
			r.fail(err)
			return time.Time{}
		}
		ok = true
	default:
		var n int64
		if n, ok = integerOf(oid, v); ok {
			t = c.TimeOf(n)
		}
		ok = ok && oid != pgtype.BoolOID
		if ok && r.stored[i] && c.Unit != schema.Nanos {
			// Of the times that galley stores only nanoseconds are integers.
			r.fail(&schema.ValueError{Column: c.Name, Value: n,
				Err: fmt.Errorf("%w: the column is an integer; tag the field time=ns, or convert it to a time in SQL", store.ErrTimeUnit)})
			return time.Time{}
		}
		if ok && c.UnitOpen {
			r.fail(store.OpenUnit(c, n))
			return time.Time{}
		}
	}
	if !ok {
		r.misfit(i, wantTime)
		return time.Time{}
	}
	return t
}
