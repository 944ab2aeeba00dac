package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfileCountsExactly: integers and times that are equal as float64 are
// counted separately, and a text that comes after 10,000 others is found.
func TestProfileCountsExactly(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("n,late,x\n")
	for i := range 1000 {
		fmt.Fprintf(&rows, "%d,,1e200\n", int64(1_700_000_000_000_000_000)+int64(i))
	}
	for i := range 13_000 {
		fmt.Fprintf(&rows, "%d,t%d,%de200\n", int64(1_700_000_000_000_000_000)+int64(i%1000), i, i%7)
	}
	for i := range 2000 {
		fmt.Fprintf(&rows, "%d,favorite,1\n", int64(1_700_000_000_000_000_000)+int64(i%1000))
	}
	path := filepath.Join(t.TempDir(), "test.db")
	ok(t, "import", path, "t", file(t, "a.csv", rows.String()))
	var p struct {
		Columns []struct {
			Name       string
			Distinct   int64
			About      bool `json:"distinct_is_estimate"`
			Min, Max   string
			Mean       json.Number
			Quantiles  []json.Number
			Std        *float64 `json:"std_dev"`
			Top        []struct{ Value string }
			TopAbout   bool `json:"top_is_estimate"`
			Histogram  []struct{ Count int64 }
			Infinities int64
		}
	}
	if err := json.Unmarshal([]byte(ok(t, "profile", path, "t", "--json").out), &p); err != nil {
		t.Fatal(err)
	}
	n, late, x := p.Columns[0], p.Columns[1], p.Columns[2]
	if n.Distinct != 1000 || n.About || n.Min != "1700000000000000000" || n.Max != "1700000000000000999" || n.Mean != "1700000000000000499.5" ||
		n.Quantiles[2] != "1700000000000000499.5" || len(n.Histogram) != 20 || n.Histogram[0].Count != 800 {
		t.Errorf("n: %+v", n)
	}
	if !late.TopAbout || len(late.Top) == 0 || late.Top[0].Value != "favorite" {
		t.Errorf("late: %+v", late)
	}
	if x.Std == nil || *x.Std < 1e200 || *x.Std > 1e201 || x.Infinities != 0 {
		t.Errorf("x: %+v", x)
	}
}
