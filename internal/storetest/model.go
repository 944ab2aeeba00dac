package storetest

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/table"
)

// model holds random appends, with keys and without, good and bad, against a
// slice.
func (s Suite) model(t *testing.T) {
	b := s.Open(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		tab := openTable(t, b, table.Options[reading]{Name: fmt.Sprintf("model_%d", round), Retrier: once})
		model := []reading{}
		done := map[string]bool{}
		for step := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			rows := readings(1000*step, rapid.IntRange(0, 60).Draw(rt, "rows"))
			bad := len(rows) > 0 && rapid.IntRange(0, 4).Draw(rt, "bad") == 0
			if bad {
				rows[rapid.IntRange(0, len(rows)-1).Draw(rt, "at")].Volume = math.NaN()
			}
			key := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "key")
			var applied bool
			var err error
			if key == "" {
				applied, err = true, tab.Append(t.Context(), rows)
			} else {
				applied, err = tab.AppendOnce(t.Context(), key, rows)
			}
			if bad {
				if err == nil {
					rt.Fatal("a bad row is stored")
				}
				continue
			}
			if err != nil || applied == done[key] {
				rt.Fatalf("applied %v, %v; done before: %v", applied, err, done[key])
			}
			if applied {
				model = append(model, rows...)
				done[key] = key != ""
			}
		}
		got := []reading{}
		for r, err := range tab.Where(t.Context(), "", table.OrderBy("n")) {
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, r)
		}
		if diff := cmp.Diff(model, got); diff != "" {
			rt.Errorf("rows (-want +got):\n%s", diff)
		}
		for _, key := range []string{"a", "b", "c"} {
			if is, err := tab.Done(t.Context(), key); err != nil || is != done[key] {
				rt.Errorf("Done(%s) is %v, %v, want %v", key, is, err, done[key])
			}
		}
	})
}
