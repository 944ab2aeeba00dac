package sheet

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Bind translates a statement and its arguments for a Backend: values for the
// parameters without a name, in their order, and named for the others, under
// their names without the first character.
func Bind(text string, values []any, named map[string]any) (string, []any, error) {
	args := values[:len(values):len(values)]
	for _, name := range slices.Sorted(maps.Keys(named)) {
		args = append(args, sql.Named(name, named[name]))
	}
	text, args, err := store.Arguments(schema.SQLite(), text, args)
	var missing *store.ParameterError
	if errors.As(err, &missing) {
		err = fmt.Errorf("the SQL has the parameter %s; give it a value with --param %s=VALUE", missing.Parameter, missing.Parameter[1:])
	}
	return text, args, err
}
