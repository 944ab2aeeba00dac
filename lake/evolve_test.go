package lake_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icetable "github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type before struct {
	Key   string  `db:"key"`
	Value float32 `db:"value"`
	Count int32   `db:"count"`
}

// between has a column renamed, types widened and NULL allowed.
type between struct {
	Key    *string `db:"key"`
	Volume float64 `db:"volume,was=value"`
	Count  int64   `db:"count"`
}

// after gives the name that the rename freed to another column.
type after struct {
	Key    *string `db:"key"`
	Volume float64 `db:"volume"`
	Count  int64   `db:"count"`
	Value  *string `db:"value"`
}

func evolved[T any](t *testing.T, db *sqlite.DB, rows ...T) {
	t.Helper()
	tab, err := table.Open(t.Context(), db, table.Options[T]{Name: "m", Evolve: store.Rebuild})
	must(t, err)
	must(t, tab.Append(t.Context(), rows))
}

// TestColumnsFollow: columns that are added, renamed and widened in galley are so in
// Iceberg, with the values of the rows before, as fields keep their numbers. Another
// file that has not changed publishes on.
func TestColumnsFollow(t *testing.T) {
	cat, _ := openCatalog(t)
	db, old := openFile(t, filepath.Join(t.TempDir(), "a.db")), openFile(t, filepath.Join(t.TempDir(), "b.db"))
	evolved(t, db, before{"a", 1.5, 1})
	evolved(t, old, before{"b", 2.5, 2})
	publish(t, db, cat, lake.PublishOptions{})
	publish(t, old, cat, lake.PublishOptions{})
	text := "x"
	evolved[between](t, db)
	evolved(t, db, after{nil, 1e300, 1 << 40, &text})
	publish(t, db, cat, lake.PublishOptions{})
	evolved(t, old, before{"b", 3.5, 3})
	publish(t, old, cat, lake.PublishOptions{})
	tab := load(t, cat, "m")
	for column, want := range map[string]map[string]int{
		"key":    {"a": 1, "b": 2, "(null)": 1},
		"volume": {"1.5": 1, "2.5": 1, "3.5": 1, "1e+300": 1},
		"count":  {"1": 1, "2": 1, "3": 1, "1099511627776": 1},
		"value":  {"x": 1, "(null)": 3},
	} {
		if diff := cmp.Diff(want, countsOf(t, tab, column, "key")); diff != "" {
			t.Errorf("column %s (-want +got):\n%s", column, diff)
		}
	}
	if f, _ := tab.Schema().FindFieldByName("volume"); f.ID != 2 {
		t.Errorf("the renamed column is field %d, want 2", f.ID)
	}
}

// TestColumnsExchanged: two columns have exchanged their names. What is published later
// goes into the fields that the columns have, and not where the old names lead.
func TestColumnsExchanged(t *testing.T) {
	type first struct {
		A int64 `db:"a"`
		B int64 `db:"b"`
	}
	cat, _ := openCatalog(t)
	db := openFile(t, filepath.Join(t.TempDir(), "a.db"))
	evolved(t, db, first{1, 2})
	publish(t, db, cat, lake.PublishOptions{})
	evolved(t, db, struct {
		X int64 `db:"x,was=a"`
		B int64 `db:"b"`
	}{1, 2})
	publish(t, db, cat, lake.PublishOptions{})
	evolved(t, db, struct {
		X int64 `db:"x"`
		A int64 `db:"a,was=b"`
	}{1, 2})
	publish(t, db, cat, lake.PublishOptions{})
	evolved(t, db, struct {
		B int64 `db:"b,was=x"`
		A int64 `db:"a"`
	}{1, 2})
	publish(t, db, cat, lake.PublishOptions{})
	type exchanged struct {
		B int64 `db:"b"`
		A int64 `db:"a"`
	}
	evolved(t, db, exchanged{B: 1, A: 2})
	publish(t, db, cat, lake.PublishOptions{})
	tab := load(t, cat, "m")
	for column, want := range map[string]map[string]int{"a": {"2": 5}, "b": {"1": 5}} {
		if diff := cmp.Diff(want, countsOf(t, tab, column, "a")); diff != "" {
			t.Errorf("column %s (-want +got):\n%s", column, diff)
		}
	}
}

// TestRefusedEvolution: a column that Iceberg cannot follow is an error that names it,
// and nothing is written.
func TestRefusedEvolution(t *testing.T) {
	type text struct {
		Key string `db:"key"`
	}
	type number struct {
		Key int64 `db:"key"`
	}
	cat, _ := openCatalog(t)
	a, b := openFile(t, filepath.Join(t.TempDir(), "a.db")), openFile(t, filepath.Join(t.TempDir(), "b.db"))
	evolved(t, a, text{"x"})
	evolved(t, b, number{1})
	publish(t, a, cat, lake.PublishOptions{})
	location := load(t, cat, "m").MetadataLocation()
	var refused *lake.EvolutionError
	if _, err := lake.Publish(t.Context(), b, cat, lake.PublishOptions{}); !errors.As(err, &refused) || refused.Column != "key" || refused.Have != "string" || refused.Want != "long" {
		t.Errorf("%v, want an EvolutionError", err)
	}
	if now := load(t, cat, "m").MetadataLocation(); now != location {
		t.Errorf("the table was changed: %s", now)
	}
}

// TestTableOfAnother: a table that another program created takes the rows: by the names
// of its columns, in its wider types, and with NULL in those that galley does not have.
func TestTableOfAnother(t *testing.T) {
	cat, _ := openCatalog(t)
	p := iceberg.PrimitiveTypes
	must(t, cat.CreateNamespace(t.Context(), icetable.Identifier{"galley"}, nil))
	_, err := cat.CreateTable(t.Context(), icetable.Identifier{"galley", "m"}, iceberg.NewSchema(0,
		iceberg.NestedField{ID: 1, Name: "other", Type: p.Date, Required: true},
		iceberg.NestedField{ID: 2, Name: "count", Type: p.Int64},
		iceberg.NestedField{ID: 3, Name: "value", Type: p.Float64, Required: true},
		iceberg.NestedField{ID: 4, Name: "key", Type: p.String}), catalog.WithProperties(iceberg.Properties{"format-version": "2"}))
	must(t, err)
	db := openFile(t, filepath.Join(t.TempDir(), "a.db"))
	evolved(t, db, before{"a", 1.5, 7})
	publish(t, db, cat, lake.PublishOptions{})
	records(t, load(t, cat, "m"), func(r arrow.RecordBatch) {
		if n := r.Column(0).NullN(); n != 1 || r.NumRows() != 1 {
			t.Errorf("column other: %d of %d rows are NULL, want 1", n, r.NumRows())
		}
	}, "other", "count")
	for column, want := range map[string]string{"count": "7", "value": "1.5", "key": "a"} {
		if diff := cmp.Diff(map[string]int{want: 1}, counts(t, cat, "m", column)); diff != "" {
			t.Errorf("column %s (-want +got):\n%s", column, diff)
		}
	}
}
