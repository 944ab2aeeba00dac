package gen

import (
	"go/types"
	"strconv"

	"github.com/galley-db/galley/internal/gotype"
	"github.com/galley-db/galley/schema"
)

// scan writes what reads the field.
func (e *emitter) scan(f *field) {
	at := e.place(f)
	whole := e.row + "." + f.sel
	switch f.Wrap {
	case gotype.Pointer:
		e.line("if %s.IsNull(%d) {", e.r, f.index)
		e.line("%s = nil", whole)
		e.line("} else {")
		e.line("%s = new(%s)", whole, e.typeName(f, f.elem)) // the old one may be another row's by now
		e.scanValue(f, at)
		e.line("}")
	case gotype.SQLNull:
		e.line("%s = %s{Valid: !%s.IsNull(%d)}", whole, e.typeName(f, f.typ), e.r, f.index)
		e.line("if %s.Valid {", whole)
		e.scanValue(f, at)
		e.line("}")
	default:
		e.scanValue(f, at)
	}
}

func (e *emitter) scanValue(f *field, at place) {
	switch f.Method {
	case gotype.ByText:
		e.attempt("%s.ScanText(%s, %s, %s)", e.bindPackage(), e.r, e.cell(f), at.address)
	case gotype.ByJSON:
		e.attempt("%s.ScanJSON(%s, %s, %s)", e.bindPackage(), e.r, e.cell(f), at.address)
	case gotype.ByRaw:
		e.attempt("%s.ScanRaw(%s, %s, %s)", e.bindPackage(), e.r, e.cell(f), at.address)
	case gotype.ByValue:
		e.attempt("%s.ScanValue(%s, %s, %s.%s, %s)", e.bindPackage(), e.r, e.cell(f), e.pkg, typeConstant[f.Type], at.address)
	case gotype.ByBytes:
		e.attempt("%s.ScanBytes(%s, %s, %s)", e.bindPackage(), e.r, e.cell(f), at.slice)
	case gotype.BySlice:
		e.attempt("%s.ScanVector(%s, %s, %d, %s)", e.bindPackage(), e.r, e.cell(f), f.Dim, at.address)
	case gotype.ByArray:
		e.attempt("%s.ScanArray(%s, %s, %s)", e.bindPackage(), e.r, e.cell(f), at.slice)
	default:
		e.scanKind(f, at)
	}
}

// scanKind writes what reads a value of a plain kind.
func (e *emitter) scanKind(f *field, at place) {
	zero := at.value + " == 0"
	switch f.Type {
	case schema.Bool:
		e.line("%s = %s", at.value, e.convert(f, types.Bool, e.read(f, "Bool")))
		zero = "!" + e.as(f, types.Bool, at.value)
	case schema.Text:
		e.line("%s = %s", at.value, e.convert(f, types.String, e.read(f, "Text")))
		zero = at.value + ` == ""`
	case schema.Blob:
		e.attempt("%s.ScanBlob(%s, %s, %s)", e.bindPackage(), e.r, e.cell(f), at.address)
		return
	case schema.Time:
		e.scanTime(f, at)
		zero = e.asTime(f, at.value) + ".IsZero()"
	case schema.Float32, schema.Float64:
		e.scanFloat(f, at)
	case schema.Uint64:
		if f.Uint != schema.UintInt {
			e.scanUint(f, at)
			return
		}
		e.scanInt(f, at)
	default:
		e.scanInt(f, at)
	}
	// NULL reads as zero, so that only a zero needs to be asked.
	if f.Wrap == gotype.Bare && !f.Nullable {
		e.line("if %s && %s.IsNull(%d) {", zero, e.r, f.index)
		e.fail(f, "", "ErrNull")
		e.line("}")
	}
}

func (e *emitter) read(f *field, method string) string {
	return e.r + "." + method + "(" + strconv.Itoa(f.index) + ")"
}

func (e *emitter) scanTime(f *field, at place) {
	value := e.read(f, "Time") + ".UTC()"
	if !isTime(f.elem) {
		value = e.typeName(f, f.elem) + "(" + value + ")"
	}
	e.line("%s = %s", at.value, value)
}

// scanInt writes what reads an integer, and refuses one that does not fit.
func (e *emitter) scanInt(f *field, at place) {
	if f.Type == schema.Int64 && isKind(f.elem, types.Int64) || f.Type == schema.Duration {
		e.line("%s = %s", at.value, e.convert(f, types.Int64, e.read(f, "Int64")))
		return
	}
	own := e.convert(f, types.Int64, e.v)
	bad := "int64(" + own + ") != " + e.v // also of an int, which may have 32 bits
	if f.Type == schema.Uint64 {
		bad = e.v + " < 0 || " + bad
		if isKind(f.elem, types.Uint64) {
			bad = e.v + " < 0"
		}
	}
	e.line("if %s := %s; %s {", e.v, e.read(f, "Int64"), bad)
	e.fail(f, e.v, "ErrOverflow")
	e.line("} else {")
	e.line("%s = %s", at.value, own)
	e.line("}")
}

// scanUint writes what reads the full range of a uint64.
func (e *emitter) scanUint(f *field, at place) {
	own := e.convert(f, types.Uint64, e.v)
	e.line("if %s, %s := %s.ScanUint(%s, %s, %s); %s != nil {", e.v, e.err, e.bindPackage(), e.r, e.cell(f), e.policy(f), e.err)
	e.line("return %s", e.err)
	if !isKind(f.elem, types.Uint64) {
		e.line("} else if uint64(%s) != %s {", own, e.v)
		e.fail(f, e.v, "ErrOverflow")
	}
	e.line("} else {")
	e.line("%s = %s", at.value, own)
	e.line("}")
}

// scanFloat writes what reads a float, for which NULL may be NaN.
func (e *emitter) scanFloat(f *field, at place) {
	nan := f.NaNNull && f.Wrap == gotype.Bare
	if f.Type == schema.Float64 && !nan {
		e.line("%s = %s", at.value, e.convert(f, types.Float64, e.read(f, "Float64")))
		return
	}
	begin := "if " + e.v + " := " + e.read(f, "Float64") + "; "
	if nan {
		e.line("%s%s == 0 && %s.IsNull(%d) {", begin, e.v, e.r, f.index)
		e.line("%s = %s", at.value, e.convert(f, types.Float64, e.std("math")+".NaN()"))
		begin = "} else if "
	}
	if f.Type == schema.Float32 {
		math := e.std("math")
		e.line("%s%s.IsInf(float64(float32(%s)), 0) && !%s.IsInf(%s, 0) {", begin, math, e.v, math, e.v)
		e.fail(f, e.v, "ErrOverflow")
	}
	e.line("} else {")
	e.line("%s = %s", at.value, e.convert(f, types.Float64, e.v))
	e.line("}")
}

// isKind reports whether a type is of a basic kind, under whatever name.
func isKind(t types.Type, kind types.BasicKind) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == kind
}
