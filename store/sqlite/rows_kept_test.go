package sqlite

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// panicsHalfway are rows that two goroutines encode: the caller's panics at its first
// row, while the other is still at row 0.
type panicsHalfway struct {
	points
	started  chan struct{}
	returned atomic.Bool
	late     atomic.Bool
}

func (p *panicsHalfway) Bind(i int, w schema.Writer) error {
	switch i {
	case 0:
		close(p.started)
		for range 1000 {
			runtime.Gosched()
			if p.returned.Load() {
				p.late.Store(true)
			}
		}
	case len(p.points) / 2:
		<-p.started
		panic("the binder's")
	}
	return p.points.Bind(i, w)
}

// TestPanicWaitsForRows: after a panic in a binder none of galley's goroutines reads
// the caller's rows any more.
func TestPanicWaitsForRows(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	db := openTest(t, tempPath(t), Options{})
	s := ensured(t, db)
	rows := &panicsHalfway{points: makePoints(0, 2*partRows), started: make(chan struct{})}
	func() {
		defer func() {
			rows.returned.Store(true)
			if p := recover(); p != "the binder's" {
				t.Errorf("panic %v, want the binder's", p)
			}
		}()
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: rows})
		t.Errorf("Insert returned %v, want a panic", err)
	}()
	for range 2000 { // lets a goroutine that is left read its row
		runtime.Gosched()
	}
	if rows.late.Load() {
		t.Error("Insert returned while a goroutine read its rows")
	}
}

// viewed are rows of one text each, in memory that the caller uses again.
type viewed [][]byte

func (b viewed) Len() int { return len(b) }
func (b viewed) Bind(i int, w schema.Writer) error {
	w.Text(0, unsafe.String(&b[i][0], len(b[i])))
	return nil
}

// TestRefusedValueIsACopy: the caller may use the memory of its rows again, and
// the value in the error stays.
func TestRefusedValueIsACopy(t *testing.T) {
	db := openTest(t, tempPath(t), Options{})
	s, err := schema.New("texts", []schema.Column{{Name: "b", Type: schema.Text, Unique: "b"}})
	must(t, err)
	must(t, db.Ensure(t.Context(), s, store.Strict))
	for name, rows := range map[string]viewed{
		"with NUL": {[]byte("text"), []byte("no\x00text")},
		"doubled":  {[]byte("twice"), []byte("twice")},
	} {
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: rows})
		var row *store.RowError
		if !errors.As(err, &row) || row.Row != 1 {
			t.Fatalf("%s: error is %v, want a *RowError of row 1", name, err)
		}
		want := string(rows[1])
		clear(rows[1])
		if got, ok := row.Value.(string); !ok || got != want {
			t.Errorf("%s: the value is %q now, want %q", name, row.Value, want)
		}
	}
}
