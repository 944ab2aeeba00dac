package table_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// TestModel runs random programs of Append, AppendOnce, reads and restarts
// against a slice and a set.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "galley")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := &model{path: filepath.Join(dir, "test.db"), keys: []string{}, rows: []scan{}}
		m.open(rt)
		defer m.db.Close()
		rt.Repeat(rapid.StateMachineActions(m))
		if err := m.db.Close(); err != nil {
			rt.Error(err)
		}
		checkIntegrity(t, m.path)
	})
}

type model struct {
	path string
	db   *store.DB
	tab  *table.Table[scan]
	rows []scan
	keys []string
}

func (m *model) open(t *rapid.T) {
	var err error
	if m.db, err = store.Open(context.Background(), m.path, store.Options{}); err != nil {
		t.Fatal(err)
	}
	if m.tab, err = table.Open(context.Background(), m.db, table.Options[scan]{BatchRows: 40}); err != nil {
		t.Fatal(err)
	}
}

var rowsOf = rapid.Custom(func(t *rapid.T) []scan {
	n := rapid.SampledFrom([]int{0, 1, 2, 8, 29, 30, 51, 120}).Draw(t, "n")
	rows := makeScans(rapid.IntRange(0, 1000).Draw(t, "first"), n)
	if n > 0 {
		at := rapid.IntRange(0, n-1).Draw(t, "special")
		rows[at].Region = rapid.StringMatching(`[^\x00]*`).Draw(t, "region")
		rows[at].Volume = rapid.Float64().Draw(t, "volume")
		rows[at].Voxels = rapid.Int64().Draw(t, "voxels")
		if rows[at].Volume == 0 {
			rows[at].Volume = 0 // -0 is stored as 0
		}
	}
	return rows
})

func (m *model) Append(t *rapid.T) {
	rows := rowsOf.Draw(t, "rows")
	if err := m.tab.Append(context.Background(), rows); err != nil {
		t.Fatal(err)
	}
	m.rows = append(m.rows, rows...)
}

func (m *model) AppendOnce(t *rapid.T) {
	rows := rowsOf.Draw(t, "rows")
	key := rapid.SampledFrom([]string{"a", "b", "c", "sub-01/ses-01", "ü"}).Draw(t, "key")
	known := false
	for _, k := range m.keys {
		known = known || k == key
	}
	applied, err := m.tab.AppendOnce(context.Background(), key, rows)
	if err != nil || applied == known {
		t.Fatalf("applied %v, %v; the key was known: %v", applied, err, known)
	}
	if applied {
		m.rows, m.keys = append(m.rows, rows...), append(m.keys, key)
	}
}

func (m *model) AppendSeq(t *rapid.T) {
	rows := rowsOf.Draw(t, "rows")
	n, err := m.tab.AppendSeq(context.Background(), func(yield func(scan, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	})
	if err != nil || n != int64(len(rows)) {
		t.Fatalf("%d rows of %d, %v", n, len(rows), err)
	}
	m.rows = append(m.rows, rows...)
}

// AppendBad has one row that cannot be stored.
func (m *model) AppendBad(t *rapid.T) {
	rows := append(rowsOf.Draw(t, "rows"), scan{Volume: math.NaN()})
	if err := m.tab.Append(context.Background(), rows); err == nil {
		t.Fatal("a NaN is accepted")
	}
}

func (m *model) Restart(t *rapid.T) {
	if err := m.db.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(t)
}

// Check compares everything that can be read.
func (m *model) Check(t *rapid.T) {
	got := []scan{}
	for row, err := range m.tab.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row)
	}
	if diff := cmp.Diff(m.rows, got); diff != "" {
		t.Fatalf("rows (-want +got):\n%s", diff)
	}
	keys := []string{}
	for key, err := range m.tab.Keys(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if diff := cmp.Diff(m.keys, keys); diff != "" {
		t.Fatalf("keys (-want +got):\n%s", diff)
	}
	if n, err := m.tab.Count(context.Background()); err != nil || n != int64(len(m.rows)) {
		t.Fatalf("Count is %d, %v, want %d", n, err, len(m.rows))
	}
}
