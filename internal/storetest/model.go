package storetest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/table"
)

// drawReadings draws rows that count from first, one of them of odd values.
func drawReadings(rt *rapid.T, first int) []reading {
	rows := readings(first, rapid.SampledFrom([]int{0, 1, 2, 8, 29, 30, 51, 120}).Draw(rt, "rows"))
	if len(rows) > 0 {
		odd := &rows[rapid.IntRange(0, len(rows)-1).Draw(rt, "odd")]
		odd.Subject = rapid.StringMatching(`[^\x00]*`).Draw(rt, "subject")
		odd.Volume = rapid.Float64().Draw(rt, "volume")
		if odd.Volume == 0 {
			odd.Volume = 0 // -0 is stored as 0
		}
	}
	return rows
}

// model holds random programs of Append, AppendOnce and AppendSeq, good and bad,
// and of restarts, against a slice and a list of keys.
func (s Suite) model(t *testing.T) {
	b := s.Open(t)
	opts := table.Options[reading]{Retrier: once, BatchRows: 40}
	tab := openTable(t, b, opts)
	total, round := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		prefix := fmt.Sprintf("%d ", round)
		model, keys := []reading{}, []string{}
		ways := []string{"append", "append", "append", "once", "once", "once", "once", "seq", "seq", "bad", "bad"}
		if s.Again != nil {
			ways = append(ways, "restart")
		}
		for step := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			rows := drawReadings(rt, roundRows*round+1_000*step)
			switch way := rapid.SampledFrom(ways).Draw(rt, "way"); way {
			case "append":
				if err := tab.Append(t.Context(), rows); err != nil {
					rt.Fatal(err)
				}
				model = append(model, rows...)
			case "once":
				key := prefix + rapid.SampledFrom([]string{"a", "b", "sub-01/ses-01", "ü"}).Draw(rt, "key")
				known := slices.Contains(keys, key)
				applied, err := tab.AppendOnce(t.Context(), key, rows)
				if err != nil || applied == known {
					rt.Fatalf("applied %v, %v; done before: %v", applied, err, known)
				}
				if applied {
					model, keys = append(model, rows...), append(keys, key)
				}
			case "seq":
				n, err := tab.AppendSeq(t.Context(), func(yield func(reading, error) bool) {
					for _, row := range rows {
						if !yield(row, nil) {
							return
						}
					}
				})
				if err != nil || n != int64(len(rows)) {
					rt.Fatalf("%d rows of %d, %v", n, len(rows), err)
				}
				model = append(model, rows...)
			case "bad":
				at := rapid.IntRange(0, len(rows)).Draw(rt, "at")
				rows = slices.Insert(rows, at, reading{Volume: math.NaN()})
				if err := tab.Append(t.Context(), rows); err == nil {
					rt.Fatal("a bad row is stored")
				}
				if _, err := tab.AppendOnce(t.Context(), prefix+"bad", rows); err == nil {
					rt.Fatal("a bad row is stored under a key")
				}
			case "restart":
				if err := b.Close(); err != nil {
					rt.Fatal(err)
				}
				b = s.Again(t, b)
				tab = openTable(t, b, opts)
			}
		}
		wantRound(rt, tab.View, round, model)
		stored := []string{}
		for _, key := range collect(t, tab.Keys(t.Context())) {
			if strings.HasPrefix(key, prefix) {
				stored = append(stored, key)
			}
		}
		if diff := cmp.Diff(keys, stored); diff != "" {
			rt.Errorf("keys (-want +got):\n%s", diff)
		}
		total += len(model)
		if n, err := tab.Count(t.Context()); err != nil || n != int64(total) {
			rt.Errorf("Count is %d, %v, want %d", n, err, total)
		}
	})
}
