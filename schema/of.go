package schema

import (
	"reflect"
	"sync"

	"github.com/galley-db/galley/internal/gotype"
)

// Of is the schema of a Go struct: a table named as the type, in snake_case,
// with a column for each exported field, as the package's documentation says.
// The type of a generic struct has its bare name, and one without a name is
// the table "row".
//
// It returns a *[TagError] with all that is wrong with the type. The answer
// is found once for a type and kept.
func Of[T any]() (*Schema, error) { return OfType(reflect.TypeFor[T]()) }

// OfType is [Of] for a type known at run time.
func OfType(t reflect.Type) (*Schema, error) {
	p, err := planOf(t)
	if err != nil {
		return nil, err
	}
	return p.schema, nil
}

// plan is what is known of a Go type.
type plan struct {
	schema *Schema
	fields []field // one a column, in order
	err    error   // a *TagError, instead of the others
}

// plans has a *plan by reflect.Type. Two goroutines may make the same one;
// the first that is stored is everybody's, so that one type has one *Schema.
var plans sync.Map

func planOf(t reflect.Type) (*plan, error) {
	if t == nil {
		return nil, &TagError{Type: "nil", Problems: []Problem{{Message: "there is no type"}}}
	}
	known, ok := plans.Load(t)
	if !ok {
		known, _ = plans.LoadOrStore(t, makePlan(goType{t}))
	}
	p := known.(*plan)
	if p.err != nil {
		return nil, p.err
	}
	return p, nil
}

func makePlan(t gotype.Type) *plan {
	w := &walk{byName: make(map[string]int)}
	if t.Kind() != reflect.Struct {
		message := "is no struct"
		if t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
			message = "is a pointer; use " + t.Elem().String()
		}
		w.problem(Problem{Message: message})
		return &plan{err: &TagError{Type: t.String(), Problems: w.problems}}
	}
	name := tableName(t)
	if err := checkTableName(name); err != nil {
		w.problem(Problem{Message: err.Error() + "; rename the type"})
	}
	w.structure(t, place{})
	w.finish()
	if w.problems != nil {
		return &plan{err: &TagError{Type: t.String(), Problems: w.problems}}
	}
	columns := make([]Column, len(w.fields))
	for i := range w.fields {
		columns[i] = w.fields[i].Column
	}
	return &plan{schema: assemble(name, columns, w.byName), fields: w.fields}
}

// tableName is the type's name without type arguments, in snake_case.
func tableName(t gotype.Type) string {
	name := t.Name()
	for i := range len(name) {
		if name[i] == '[' {
			name = name[:i]
			break
		}
	}
	if name == "" {
		return "row"
	}
	return snakeCase(name)
}
