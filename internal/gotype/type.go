// Package gotype describes the Go types that columns come from, so that
// package schema finds the same columns for a type of the running program and
// for a type in a source file that the command generates code for.
package gotype

import "reflect"

// Type is a Go type: package reflect answers for the types of a running
// program, and go/types for those of a source file. Callers call Elem, Len,
// Field, NumField and NumMethod only for the kinds that have them.
type Type interface {
	Kind() reflect.Kind
	// Name is the type's own, with its type arguments, "" for one without.
	Name() string
	// PkgPath is the package of a type that has a name, "" for a built-in.
	PkgPath() string
	// String is the type as messages show it: "features.Scan".
	String() string
	Elem() Type // of a pointer, a slice, an array
	Len() int   // of an array
	NumField() int
	Field(i int) Field // of a struct
	NumMethod() int    // of an interface
	// IsText reports whether a pointer to the type has both MarshalText and
	// UnmarshalText.
	IsText() bool
	// IsJSON reports whether a pointer to the type has MarshalJSON or
	// MarshalText.
	IsJSON() bool
	// IsValue reports whether a pointer to the type has both Value and Scan, as
	// database/sql calls them: driver.Valuer and sql.Scanner.
	IsValue() bool
	// IsTime reports whether the type converts to time.Time.
	IsTime() bool
}

// Field is a field of a struct.
type Field struct {
	Name     string
	Type     Type
	Tag      reflect.StructTag
	Exported bool
	Embedded bool
	Offset   uintptr // in bytes from the start of the struct; known only in a running program
}

// Wrap is what stands around a value that may be NULL.
type Wrap uint8

// The wraps.
const (
	Bare    Wrap = iota // nothing
	Pointer             // a pointer, nil for NULL
	SQLNull             // a database/sql.Null
)

// Method is how a Go value becomes the value of a column, and back.
type Method uint8

// The methods.
const (
	ByKind   Method = iota // as the Go kind is
	ByText                 // MarshalText and UnmarshalText
	ByJSON                 // encoding/json
	ByRaw                  // an encoding/json.RawMessage
	BySlice                // a vector in a slice
	ByArray                // a vector in an array
	ByBytes                // bytes in an array
	ByValue                // Value and Scan, as database/sql calls them
	ByStruct               // no column: the struct's fields are
)

// Value is the Go side of a column: what a binder needs beside the column.
type Value struct {
	Wrap   Wrap
	Method Method
	Elem   Type    // the type within the wrap
	Path   []Field // from the row to the field
}
