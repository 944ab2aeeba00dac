package schema

import (
	"reflect"
	"strings"

	"github.com/galley-db/galley/internal/gotype"
)

// lostInJSON returns the name of a type within t whose every value encoding/json
// writes as {}: a struct that has fields, none of them exported, and no method
// that writes JSON. It is "" if there is none.
func lostInJSON(t gotype.Type, seen map[string]bool) string {
	id := t.PkgPath() + " " + t.String()
	if seen[id] || len(seen) > maxVisited || t.Kind() == reflect.Interface || t.IsJSON() {
		return ""
	}
	seen[id] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return lostInJSON(t.Elem(), seen)
	case reflect.Struct:
		fields := jsonFields(t, nil)
		if len(fields) == 0 && t.NumField() > 0 {
			return t.String()
		}
		for _, f := range fields {
			if name := lostInJSON(f.Type, seen); name != "" {
				return name
			}
		}
	}
	return ""
}

// jsonFields returns the fields of a struct that encoding/json writes, with
// those of embedded structs. within are the structs around it.
func jsonFields(t gotype.Type, within []string) (fields []gotype.Field) {
	for _, outer := range within {
		if outer == t.String() {
			return nil
		}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case f.Tag.Get("json") == "-":
		case f.Embedded && tag == "" && inner.Kind() == reflect.Struct && !inner.IsJSON():
			fields = append(fields, jsonFields(inner, append(within, t.String()))...)
		case f.Exported:
			fields = append(fields, f)
		}
	}
	return fields
}
