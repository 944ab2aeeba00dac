package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/galley-db/galley/internal/evolve"
)

// change is a step of a schema update.
type change func(*table.UpdateSchema)

// follow finds the field of each galley column, and the changes that the Iceberg
// table needs. known has the fields of the columns from the last publish; a column
// that was renamed since keeps its field. An added column has the field 0.
// Renames come by themselves, so that a new column can take the name that they free.
func follow(src *source, have *iceberg.Schema, known map[string]int, history []string) (fields []int, changes []change, err error) {
	columns := src.schema.Columns()
	byColumn := make(map[string]int, len(known))
	for name, id := range known {
		byColumn[evolve.CurrentName(history, name)] = id
	}
	taken := map[int]bool{}
	var renames []change
	var hidden error // an added column whose name another field has
	for i := range columns {
		c := &columns[i]
		want, err := icebergType(c, i+1)
		if err != nil {
			return nil, nil, fmt.Errorf("table %q: %w", src.schema.Name(), err)
		}
		id, ok := byColumn[c.Name]
		f, found := have.FindFieldByID(id)
		if !ok || !found {
			f, found = have.FindFieldByName(c.Name)
			found = found && !slices.Contains(slices.Collect(maps.Values(byColumn)), f.ID)
		}
		if !found {
			if other, ok := have.FindFieldByName(c.Name); ok {
				hidden = &EvolutionError{src.schema.Name(), c.Name, other.Type.String(), want.String(), "under this name another column was published"}
			}
			fields = append(fields, 0)
			changes = append(changes, func(u *table.UpdateSchema) { u.AddColumn([]string{c.Name}, want, "", false, nil) })
			continue
		}
		taken[f.ID] = true
		fields = append(fields, f.ID)
		steps, err := adapt(f, want, c.Nullable)
		if err != nil {
			return nil, nil, &EvolutionError{src.schema.Name(), c.Name, f.Type.String(), want.String(), err.Error()}
		}
		changes = append(changes, steps...)
		// Another file may have renamed the field already; its name is then kept.
		if _, old := known[f.Name]; old && f.Name != c.Name {
			renames = append(renames, func(u *table.UpdateSchema) { u.RenameColumn([]string{f.Name}, c.Name) })
		}
	}
	if len(renames) > 0 || hidden != nil {
		if len(renames) == 0 {
			return nil, nil, hidden
		}
		return nil, renames, nil
	}
	for _, f := range have.Fields() {
		if f.Required && !taken[f.ID] { // the rows of this file have no value
			changes = append(changes, func(u *table.UpdateSchema) { u.UpdateColumn([]string{f.Name}, optional()) })
		}
	}
	return fields, changes, nil
}

func optional() table.ColumnUpdate {
	return table.ColumnUpdate{Required: iceberg.Optional[bool]{Val: false, Valid: true}}
}

// adapt returns the changes after which a field holds values of a type.
func adapt(f iceberg.NestedField, want iceberg.Type, nullable bool) (steps []change, err error) {
	if f.Required && nullable {
		steps = append(steps, func(u *table.UpdateSchema) { u.UpdateColumn([]string{f.Name}, optional()) })
	}
	t := &iceberg.PrimitiveTypes
	is := func(have, wanted iceberg.Type) bool { return f.Type.Equals(have) && want.Equals(wanted) }
	haveList, isList := f.Type.(*iceberg.ListType)
	wantList, toList := want.(*iceberg.ListType)
	switch {
	case isList && toList && haveList.Element.Equals(wantList.Element):
	case f.Type.Equals(want):
	case is(t.Int64, t.Int32), is(t.Float64, t.Float32): // which the wider type holds
	case is(t.Int32, t.Int64), is(t.Float32, t.Float64):
		steps = append(steps, func(u *table.UpdateSchema) {
			u.UpdateColumn([]string{f.Name}, table.ColumnUpdate{FieldType: iceberg.Optional[iceberg.Type]{Val: want, Valid: true}})
		})
	default:
		return nil, errors.New("Iceberg widens int to long and float to double, and nothing else")
	}
	return steps, nil
}

// evolveTable makes the Iceberg table fit the galley table, and returns the fields
// of its columns, with the last entry of the history that they follow. A name that was
// freed by a rename may be that of another column, so only the renames since the last
// publish count.
func (p *publisher) evolveTable(ctx context.Context, t *table.Table, base state) (_ *table.Table, _ []iceberg.NestedField, last int64, err error) {
	known := base.Columns
	history, last, err := p.src.history(ctx, base.History)
	if err != nil {
		return nil, nil, 0, err
	}
	step := func(ctx context.Context) error {
		_, changes, err := follow(p.src, t.Schema(), known, history)
		if err != nil || len(changes) == 0 {
			return err
		}
		tx := t.NewTransaction()
		update := tx.UpdateSchema(true, false)
		for _, c := range changes {
			c(update)
		}
		if err := update.Commit(); err != nil {
			return fmt.Errorf("table %q: the Iceberg table cannot be changed to match: %w", p.src.schema.Name(), err)
		}
		_, err = tx.Commit(ctx)
		loaded, loadErr := p.catalog.LoadTable(ctx, p.name)
		if loadErr == nil {
			t = loaded
			if _, changes, followErr := follow(p.src, t.Schema(), known, history); followErr == nil && len(changes) == 0 {
				return nil
			}
		}
		return &commitError{errors.Join(err, loadErr, errUnfinished)}
	}
	if err := p.retrier.Do(ctx, step, retryableCommit); err != nil {
		return nil, nil, 0, err
	}
	ids, _, err := follow(p.src, t.Schema(), known, history)
	if err != nil {
		return nil, nil, 0, err
	}
	fields := make([]iceberg.NestedField, len(ids))
	for i, id := range ids {
		f, ok := t.Schema().FindFieldByID(id)
		if !ok {
			return nil, nil, 0, fmt.Errorf("table %q: %w: the catalog did not add column %q", p.src.schema.Name(), ErrCatalog, p.src.schema.Columns()[i].Name)
		}
		fields[i] = f
	}
	return t, fields, last, nil
}

// errUnfinished is the reason to try again where the catalog reported no error: there
// are more changes to make.
var errUnfinished = errors.New("the Iceberg table does not have all columns yet")

// commitError is an error of the catalog, after which the table is loaded again.
type commitError struct{ err error }

func (e *commitError) Error() string { return e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

func retryableCommit(err error) bool {
	var c *commitError
	return errors.As(err, &c)
}
