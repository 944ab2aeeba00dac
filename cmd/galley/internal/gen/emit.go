package gen

import (
	"fmt"
	"go/types"
	"reflect"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/gotype"
	"github.com/galley-db/galley/schema"
)

// emitter writes the source of one binder.
type emitter struct {
	*strings.Builder
	names    *scope
	problems *problems
	target   *target
	pkg      string // name of package schema
	row      string // and of the variables
	w, r     string
	v, err   string
}

func (e *emitter) line(format string, args ...any) {
	fmt.Fprintf(e, format+"\n", args...)
}

// place is a value of a row, in the forms that code needs it in.
type place struct {
	value   string // what can be read and assigned to
	address string // a pointer to it
	slice   string // of an array: all of it
}

// place is where the field's value lies, within its wrap.
func (e *emitter) place(f *field) place {
	at := e.row + "." + f.sel
	switch f.Wrap {
	case gotype.Pointer:
		address := at
		if _, named := types.Unalias(f.typ).(*types.Named); named {
			address = "&*" + at // the pointer without its type's name
		}
		return place{"*" + at, address, at + "[:]"}
	case gotype.SQLNull:
		at += ".V"
	}
	return place{at, "&" + at, at + "[:]"}
}

// bindPackage imports package bind, and returns its name in the file.
func (e *emitter) bindPackage() string { return e.names.usePath(bindPath, "bind") }

// cell is the field's place as the functions of package bind take it.
func (e *emitter) cell(f *field) string {
	null := ""
	if f.nullable() {
		null = ", Null: true"
	}
	return fmt.Sprintf("%s.Cell{Index: %d, Name: %s%s}", e.bindPackage(), f.index, strconv.Quote(f.Name), null)
}

// nullable reports whether NULL goes into the value itself, not its wrap.
func (f *field) nullable() bool { return f.Nullable && f.Wrap == gotype.Bare }

// convert is an expression of one type, made the field's own.
func (e *emitter) convert(f *field, from types.BasicKind, value string) string {
	if types.Identical(f.elem, types.Typ[from]) {
		return value
	}
	return e.typeName(f, f.elem) + "(" + value + ")"
}

// as is the field's value as a plain type.
func (e *emitter) as(f *field, to types.BasicKind, value string) string {
	if types.Identical(f.elem, types.Typ[to]) {
		return value
	}
	return types.Typ[to].Name() + "(" + value + ")"
}

// typeName is a type of the field as the file writes it; where it cannot, the
// field is a problem.
func (e *emitter) typeName(f *field, t types.Type) string {
	name, reason := e.names.typeName(t)
	if reason != "" {
		e.problems.add(f.vars[len(f.vars)-1].Pos(), "%s: field %s: %s", e.target.text, f.Column.Field, reason)
	}
	return name
}

func (e *emitter) std(path string) string { return e.names.usePath(path, path) }

// attempt writes a call that returns an error.
func (e *emitter) attempt(format string, args ...any) {
	e.line("if %s := %s; %s != nil {", e.err, fmt.Sprintf(format, args...), e.err)
	e.line("return %s", e.err)
	e.line("}")
}

// fail writes the return of an error of package schema.
func (e *emitter) fail(f *field, value, sentinel string) {
	shown := ""
	if value != "" {
		shown = "Value: " + value + ", "
	}
	e.line("return &%s.ValueError{Column: %s, %sErr: %s.%s}", e.pkg, strconv.Quote(f.Name), shown, e.pkg, sentinel)
}

// bind writes what stores the field.
func (e *emitter) bind(f *field) {
	at := e.place(f)
	switch f.Wrap {
	case gotype.Pointer:
		e.line("if %s.%s == nil {", e.row, f.sel)
	case gotype.SQLNull:
		e.line("if !%s.%s.Valid {", e.row, f.sel)
	default:
		e.bindValue(f, at)
		return
	}
	e.line("%s.Null(%d)", e.w, f.index)
	e.line("} else {")
	e.bindValue(f, at)
	e.line("}")
}

func (e *emitter) bindValue(f *field, at place) {
	switch f.Method {
	case gotype.ByText:
		e.attempt("%s.BindText(%s, %s, %s)", e.bindPackage(), e.w, e.cell(f), at.address)
	case gotype.ByJSON:
		kind := goType{f.elem}.Kind()
		if f.nullable() && (kind == reflect.Map || kind == reflect.Slice || kind == reflect.Interface) {
			e.line("if %s == nil {", at.value)
			e.line("%s.Null(%d)", e.w, f.index)
			e.line("} else {")
			defer e.line("}")
		}
		e.attempt("%s.BindJSON(%s, %s, %s)", e.bindPackage(), e.w, e.cell(f), at.address)
	case gotype.ByRaw:
		e.attempt("%s.BindRaw(%s, %s, %s)", e.bindPackage(), e.w, e.cell(f), at.value)
	case gotype.ByValue:
		e.attempt("%s.BindValue(%s, %s, %s.%s, %s)", e.bindPackage(), e.w, e.cell(f), e.pkg, typeConstant[f.Type], at.address)
	case gotype.ByBytes:
		e.line("%s.BindBytes(%s, %s, %s)", e.bindPackage(), e.w, e.cell(f), at.slice)
	case gotype.BySlice:
		e.attempt("%s.BindVector(%s, %s, %d, %s)", e.bindPackage(), e.w, e.cell(f), f.Dim, at.value)
	case gotype.ByArray:
		e.attempt("%s.BindVector(%s, %s, %d, %s)", e.bindPackage(), e.w, e.cell(f), f.Dim, at.slice)
	default:
		e.bindKind(f, at)
	}
}

// typeConstant are the constants of the types that a Value may return.
var typeConstant = map[schema.Type]string{
	schema.Bool: "Bool", schema.Int64: "Int64", schema.Float64: "Float64", schema.Text: "Text", schema.Blob: "Blob", schema.Time: "Time",
}

// bindKind writes what stores a value of a plain kind.
func (e *emitter) bindKind(f *field, at place) {
	switch f.Type {
	case schema.Bool:
		e.line("%s.Bool(%d, %s)", e.w, f.index, e.as(f, types.Bool, at.value))
	case schema.Uint64:
		if f.Uint != schema.UintInt {
			e.line("%s.BindUint(%s, %s, %s, %s)", e.bindPackage(), e.w, e.cell(f), e.policy(f), e.as(f, types.Uint64, at.value))
			return
		}
		e.line("if %s := %s; %s > %s.MaxInt64 {", e.v, e.as(f, types.Uint64, at.value), e.v, e.std("math"))
		e.fail(f, e.v, "ErrUintRange")
		e.line("}")
		e.line("%s.Int64(%d, int64(%s))", e.w, f.index, at.value)
	case schema.Float32, schema.Float64:
		e.line("%s.Float64(%d, %s)", e.w, f.index, e.as(f, types.Float64, at.value))
	case schema.Text:
		e.line("%s.Text(%d, %s)", e.w, f.index, e.as(f, types.String, at.value))
	case schema.Blob:
		e.line("%s.BindBlob(%s, %s, %s)", e.bindPackage(), e.w, e.cell(f), at.value)
	case schema.Time:
		e.line("%s.Time(%d, %s)", e.w, f.index, e.asTime(f, at.value))
	default: // the other integers, and a duration
		e.line("%s.Int64(%d, %s)", e.w, f.index, e.as(f, types.Int64, at.value))
	}
}

// policy is the constant of the column's UintPolicy.
func (e *emitter) policy(f *field) string {
	if f.Uint == schema.UintText {
		return e.pkg + ".UintText"
	}
	return e.pkg + ".UintBlob"
}

// asTime is the field's value as a time.Time.
func (e *emitter) asTime(f *field, value string) string {
	if isTime(f.elem) {
		return value
	}
	return e.std("time") + ".Time(" + value + ")"
}

// isTime reports whether a type is time.Time itself, not a named type of it.
func isTime(t types.Type) bool {
	g := goType{t}
	return g.PkgPath() == "time" && g.Name() == "Time"
}
