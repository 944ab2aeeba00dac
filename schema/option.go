package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galley-db/galley/internal/gotype"
)

// Option is one line of the grammar of the db tag.
type Option struct {
	Name   string // the text before "=", "" for the two forms that are not options
	Syntax string // how it is written, as "unique[=GROUP]"
	Types  string // the column types that it fits, as "float32, float64"
	Effect string // what it does, in a sentence
}

// Options is the whole grammar of the db tag, in the order of the package's
// documentation, which it is checked against. Each call returns a new slice.
func Options() []Option {
	options := make([]Option, len(grammar))
	for i, rule := range grammar {
		options[i] = rule.Option
	}
	return options
}

// rule is an option, and what the parser does with it.
type rule struct {
	Option
	value argument
	fits  typeSet
	// set puts the option into a field; it returns what is wrong with the value,
	// "" if nothing is. It is nil for options that the parser handles itself.
	set func(f *field, value string) string
}

// argument says whether an option has a value.
type argument uint8

const (
	without argument = iota
	with
	optional
)

var (
	everyType = typeSet(1<<len(typeNames) - 2)
	vectors   = setOf(Vector32, Vector64)
	floats    = setOf(Float32, Float64)
)

// grammar is the one place that says which options there are.
var grammar = []rule{
	{Option: Option{Syntax: "NAME", Types: "any", Effect: "comes first and names the column; if it is empty, the column has the field's name in snake_case; a name that is also the name of an option needs a comma after it"}},
	{Option: Option{Syntax: "-", Types: "any", Effect: "as the whole tag, leaves the field out"}},
	{
		Option: Option{Name: "key", Syntax: "key", Effect: "part of the table's key; cannot be NULL"},
		fits:   everyType,
		set:    func(f *field, _ string) string { f.Key = true; return "" },
	}, {
		Option: Option{Name: "unique", Syntax: "unique[=GROUP]", Effect: "no two rows share the value, or the values of all columns of GROUP"},
		value:  optional, fits: everyType,
		set: func(f *field, value string) string { f.Unique = f.group(value); return "" },
	}, {
		Option: Option{Name: "index", Syntax: "index[=GROUP]", Effect: "an index on the column, or on all columns of GROUP"},
		value:  optional, fits: everyType,
		set: func(f *field, value string) string { f.Index = f.group(value); return "" },
	}, {
		Option: Option{Name: "null", Syntax: "null", Effect: "the column takes NULL, which reads as the zero value; nil is stored as NULL"},
		fits:   everyType,
		set:    func(f *field, _ string) string { f.Nullable = true; return "" },
	}, {
		Option: Option{Name: "default", Syntax: "default=LITERAL", Effect: "the value in rows that existed before the column, in the form in which SQLite stores it"},
		value:  with, fits: everyType,
		set: func(f *field, value string) string {
			f.Default = value
			l, ok := parseLiteral(value)
			return unless(f.size == 0 || !ok || l.kind != literalBlob || len(l.text) == f.size, fmt.Sprintf("needs %d bytes, which is the array's length", f.size))
		},
	}, {
		Option: Option{Name: "check", Syntax: "check=EXPRESSION", Effect: "SQL that holds for every row; it reaches the table unchanged"},
		value:  with, fits: everyType,
		set: func(f *field, value string) string { f.Check = value; return "" },
	}, {
		Option: Option{Name: "batch", Syntax: "batch", Effect: "gets the key of the batch (AppendOnce) instead of the field's value, so a batch can be removed or replaced"},
		fits:   setOf(Text),
		set: func(f *field, _ string) string {
			f.Batch = true
			return unless(f.by != gotype.ByValue, "does not go with sql; use a string")
		},
	}, {
		Option: Option{Name: "json", Syntax: "json", Effect: "stores the value as JSON text, by encoding/json"},
		fits:   everyType &^ vectors,
		set:    func(*field, string) string { return "" }, // shapeOf looks for it beforehand
	}, {
		Option: Option{Name: "sql", Syntax: "sql=TYPE", Effect: "stores what the type's Value (driver.Valuer) returns, which is a bool, int64, float64, text, blob or time, and reads it by Scan (sql.Scanner); sql=kind stores the value without them"},
		value:  with, fits: everyType,
		set: func(f *field, value string) string { // byValue looks for it beforehand
			if f.by == gotype.ByJSON {
				return "does not go with json"
			}
			return unless(slices.Contains(valueNames(), value), "is one of "+strings.Join(valueNames(), ", "))
		},
	}, {
		Option: Option{Name: "time", Syntax: "time=s|ms|us|ns|rfc3339", Effect: "stores seconds, ms, us (the default) or ns since 1970, rounded down, or text of RFC 3339"},
		value:  with, fits: setOf(Time),
		set: func(f *field, value string) string {
			i := slices.Index(unitNames[:], value)
			f.Unit = TimeUnit(max(i, 0))
			return unless(i >= 0, "is one of s, ms, us, ns and rfc3339")
		},
	}, {
		Option: Option{Name: "nan", Syntax: "nan=null", Effect: "stores a NaN as NULL and reads NULL as NaN, or as nil; the column takes NULL"},
		value:  with, fits: floats,
		set: func(f *field, value string) string {
			if f.by == gotype.ByValue {
				return "does not go with sql; let Value return nil, and tag it null"
			}
			f.Nullable, f.NaNNull = true, true
			return unless(value == "null", "is null; a NaN has no other form")
		},
	}, {
		Option: Option{Name: "uint", Syntax: "uint=text|blob", Effect: "stores the full range, as 20 digits or 8 bytes, so that it sorts"},
		value:  with, fits: setOf(Uint64),
		set: func(f *field, value string) string {
			i := slices.Index(uintNames[:], value)
			f.Uint = UintPolicy(max(i, 0))
			return unless(i > int(UintInt), "is text or blob")
		},
	}, {
		Option: Option{Name: "dim", Syntax: "dim=N", Effect: "the vector's length; without it, a slice may have any length, and an array has its own"},
		value:  with, fits: vectors,
		set: func(f *field, value string) string {
			if f.dim != 0 {
				return "is the array's length already"
			}
			n, err := strconv.Atoi(value)
			f.Dim = n
			return unless(err == nil && n > 0 && n <= maxDim, fmt.Sprintf("is a number from 1 to %d", maxDim))
		},
	}, {
		Option: Option{Name: "was", Syntax: "was=OLD", Effect: "the column's name before it was renamed"},
		value:  with, fits: everyType,
		set: func(f *field, value string) string { f.Was = f.prefix + value; return "" },
	}, {
		Option: Option{Name: "prefix", Syntax: "prefix=[TEXT]", Types: "nested structs", Effect: "the prefix of the names of the struct's columns; by default the field's column name and _, or nothing if the struct is embedded"},
		value:  with,
	},
}

func init() {
	for i := range grammar {
		if r := &grammar[i]; r.Types == "" {
			r.Types = r.fits.String()
		}
	}
}

func unless(ok bool, message string) string {
	if ok {
		return ""
	}
	return message
}

// String lists the types, or those that are not in it if these are fewer.
func (s typeSet) String() string {
	if s == everyType {
		return "any"
	}
	if rest := everyType &^ s; rest == vectors {
		return "any but " + rest.String()
	}
	var names []string
	for t := Bool; t.valid(); t++ {
		if s.has(t) {
			names = append(names, t.String())
		}
	}
	return strings.Join(names, ", ")
}

// ruleOf finds the rule of an option, nil for an unknown one.
func ruleOf(name string) *rule {
	for i := range grammar {
		if grammar[i].Name == name && name != "" {
			return &grammar[i]
		}
	}
	return nil
}
