package live

import (
	"testing"
	"time"

	"github.com/galley-db/galley/store"
)

// However long a page was open, its rates are those of the last seconds: a writer that
// stops after a day is seen to have stopped.
func TestRatesOfALongRun(t *testing.T) {
	w := &watcher{history: map[string]*series{}}
	start := time.Unix(1_700_000_000, 0)
	rates := func(second, rows int) float64 {
		l := &Look{At: start.Add(time.Duration(second) * time.Second), Tables: []Table{{Name: "scan", Rows: int64(rows)}}}
		w.rates(l)
		return l.Tables[0].RowsPerSecond
	}
	const day = 24 * 3600
	for second := range day {
		if got := rates(second, 100*second); second > 0 && got != 100 {
			t.Fatalf("%v rows/s after %d s, want 100", got, second)
		}
	}
	const stopped = 100 * (day - 1)
	for second := range 10 {
		got := rates(day+second, stopped)
		if second >= 5 && got != 0 {
			t.Errorf("%v rows/s, %d s after the writer stopped", got, second+1)
		}
	}
	points := w.points("scan")
	if last := points[len(points)-1]; len(points) > mostPoints+1 || last.Rows != stopped || !last.At.Equal(start.Add((day+9)*time.Second)) {
		t.Errorf("%d points, the last %+v; want that the chart ends now", len(points), last)
	}
	if n := len(w.history["scan"].late); n > 10 {
		t.Errorf("%d late points are kept", n)
	}
}

// A report's rates are those of the run, however few batches it had.
func TestRatesInAReport(t *testing.T) {
	for _, batches := range []int{2, 3, 21, 1000} {
		stored := make([]store.StoredBatch, batches)
		for i := range stored {
			stored[i] = store.StoredBatch{Rows: 100, At: time.Unix(int64(batches-i), 0)}
		}
		points := courseOf(stored)
		last, most := points[len(points)-1], 0.0
		for i := range points[1:] {
			most = max(most, rate(points[i], points[i+1], rowsOf))
		}
		if points[0].Rows != 0 || last.Rows != int64(100*batches) || last.Batches != int64(batches) || most < 99 || most > 201 {
			t.Errorf("%d batches of 100 rows, one a second: from %+v to %+v, at most %v rows/s", batches, points[0], last, most)
		}
	}
	if points := courseOf(make([]store.StoredBatch, 1)); points != nil {
		t.Errorf("the course of a batch: %+v", points)
	}
}
