package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// resultReader gives the values of a row of any query. They stand in the
// order of the query, and each is of whatever type it is.
type resultReader struct {
	rowReader
	at    []int  // where each column stands in the result
	units []bool // of each time, whether something says its unit
}

// match finds the schema's columns in a query's result, by name. Each has to
// be there, and nothing else.
func (r *resultReader) match(byPosition bool) error {
	if byPosition {
		if n := r.stmt.ColumnCount(); n != len(r.columns) {
			return fmt.Errorf("%w: it returns %d columns, want %d", store.ErrQuery, n, len(r.columns))
		}
		for i := range r.columns {
			r.at = append(r.at, i)
		}
		return nil
	}
	places := map[string]int{}
	var unknown, missing []string
	for i := range r.stmt.ColumnCount() {
		name := r.stmt.ColumnName(i)
		if _, twice := places[name]; twice {
			return fmt.Errorf("%w: the query returns two columns named %q; rename one with AS", store.ErrQuery, name)
		}
		places[name] = i
	}
	for _, c := range r.columns {
		at, ok := places[c.Name]
		if !ok {
			missing = append(missing, c.Name)
		}
		r.at = append(r.at, at)
		delete(places, c.Name)
	}
	for name := range places {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	switch {
	case len(missing) > 0:
		return fmt.Errorf("%w: the query does not return %s; name the columns with AS", store.ErrQuery, strings.Join(missing, ", "))
	case len(unknown) > 0:
		return fmt.Errorf("%w: the query returns %s, which is not a field of the struct", store.ErrQuery, strings.Join(unknown, ", "))
	}
	return nil
}

// takeUnits reads each time in the unit of the column that it comes from, in
// the snapshot in which the statement stands on a row.
func (r *resultReader) takeUnits(conn *conn) error {
	own := false
	r.units = make([]bool, len(r.columns))
	for i := range r.columns {
		r.units[i] = !r.columns[i].UnitOpen
		if r.columns[i].Type != schema.Time || r.stmt.ColumnDatabaseName(r.at[i]) != "main" {
			continue
		}
		table := r.stmt.ColumnTableName(r.at[i])
		from, err := conn.table(table)
		if err != nil {
			return err
		}
		if from == nil { // of another program, or galley's own, which has microseconds
			r.units[i] = r.units[i] || strings.HasPrefix(table, "galley_") || strings.HasSuffix(table, store.RejectsSuffix)
			continue
		}
		at, ok := from.Column(r.stmt.ColumnOriginName(r.at[i]))
		if !ok || from.Columns()[at].Type != schema.Time {
			continue
		}
		r.units[i] = true
		if from.Columns()[at].Unit == r.columns[i].Unit {
			continue
		}
		if !own {
			r.columns, own = slices.Clone(r.columns), true
		}
		r.columns[i].Unit = from.Columns()[at].Unit
	}
	return nil
}

// is is has for the place that a column has in the result.
func (r *resultReader) is(i int, want, or sqlite3.Datatype) bool { return r.has(i, r.at[i], want, or) }

func (r *resultReader) IsNull(i int) bool { return r.stmt.ColumnType(r.at[i]) == sqlite3.NULL }
func (r *resultReader) Bool(i int) bool   { return r.bool(i, r.Int64(i)) }

func (r *resultReader) Int64(i int) int64 {
	if !r.is(i, sqlite3.INTEGER, sqlite3.INTEGER) {
		return 0
	}
	return r.stmt.ColumnInt64(r.at[i])
}

func (r *resultReader) Float64(i int) float64 {
	return r.float(i, r.at[i])
}

func (r *resultReader) Blob(i int) []byte {
	if !r.is(i, sqlite3.BLOB, sqlite3.BLOB) {
		return nil
	}
	return r.stmt.ColumnRawBlob(r.at[i])
}

func (r *resultReader) Text(i int) string {
	if !r.is(i, sqlite3.TEXT, sqlite3.TEXT) {
		return ""
	}
	return r.texts[i].keep(r.stmt.ColumnRawText(r.at[i]))
}

func (r *resultReader) TextBytes(i int) []byte {
	if !r.is(i, sqlite3.TEXT, sqlite3.TEXT) {
		return nil
	}
	return r.stmt.ColumnRawText(r.at[i])
}

func (r *resultReader) Time(i int) time.Time {
	if !r.units[i] && r.stmt.ColumnType(r.at[i]) == sqlite3.INTEGER {
		r.fail(store.OpenUnit(&r.columns[i], r.Int64(i)))
		return time.Time{}
	}
	t, err := timeOf(&r.columns[i], r, i)
	if err != nil {
		r.fail(err)
	}
	return t
}
