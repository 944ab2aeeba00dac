package storetest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"testing"
	"time"

	"github.com/galley-db/galley/table"
)

// shared is a row that refers to memory in each way that a row can.
type shared struct {
	N       int64
	Blob    []byte
	Vector  []float32
	Doubles []float64
	Map     map[string]int64 `db:",json"`
	List    []string         `db:",json"`
	Any     any              `db:",json"`
	Raw     json.RawMessage
	IP      net.IP
	Int     *int64
	Text    *string
	Real    *float64 `db:",nan=null"`
	At      *time.Time
	Flag    *bool
	Empty   []byte `db:",null"`
	Within  struct{ Blob []byte }
}

// makeShared returns rows with memory of their own.
func makeShared(n int) []shared {
	rows := make([]shared, n)
	for i := range rows {
		fill(&rows[i], int64(i))
	}
	return rows
}

// fill writes a row's values, into the memory that it has already.
func fill(r *shared, n int64) {
	r.N = n
	r.Blob = binary.BigEndian.AppendUint64(r.Blob[:0], uint64(n))
	r.Vector = append(r.Vector[:0], float32(n), -1)
	r.Doubles = append(r.Doubles[:0], float64(n)/3)
	if r.Map == nil {
		r.Map = map[string]int64{}
		r.Int, r.Text, r.Real, r.At, r.Flag = new(int64), new(string), new(float64), new(time.Time), new(bool)
		r.Any = []any{nil}
	}
	r.Map["n"] = n
	r.List = append(r.List[:0], fmt.Sprint(n))
	r.Any.([]any)[0] = fmt.Sprint("any ", n)
	r.Raw = fmt.Appendf(r.Raw[:0], `{"n": %d}`, n)
	r.IP = append(r.IP[:0], 10, 0, byte(n>>8), byte(n))
	*r.Int, *r.Text, *r.Real, *r.At, *r.Flag = n, fmt.Sprint("text ", n), float64(n)/7, time.UnixMicro(n).UTC(), n%2 == 0
	if n%5 == 0 {
		*r.Real = math.Inf(1)
	}
	r.Empty = r.Empty[:0]
	r.Within.Blob = append(r.Within.Blob[:0], byte(n))
}

// reused hands rows over in memory that it uses again for the next row.
func (s Suite) reused(t *testing.T) {
	b := s.Open(t)
	const n = 120
	rows := makeShared(n)
	t.Run("Writer", func(t *testing.T) {
		tab := openTable(t, b, table.Options[shared]{Name: "by_writer"})
		for _, opts := range []table.WriterOptions{{Rows: 50}, {Bytes: 3000}, {Rows: 50, Key: "run"}} {
			w, err := tab.Writer(opts)
			if err != nil {
				t.Fatal(err)
			}
			row := shared{}
			for i := range rows {
				fill(&row, int64(i))
				if err := w.Write(t.Context(), row); err != nil {
					t.Fatal(err)
				}
			}
			fill(&row, -1)
			if err := w.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var thrice []shared
		for _, row := range rows {
			thrice = append(thrice, row, row, row)
		}
		want(t, tab.View, thrice)
	})
	t.Run("AppendSeq", func(t *testing.T) {
		tab := openTable(t, b, table.Options[shared]{Name: "by_sequence", BatchRows: 50})
		stored, err := tab.AppendSeq(t.Context(), func(yield func(shared, error) bool) {
			row := shared{}
			for i := range rows {
				fill(&row, int64(i))
				if !yield(row, nil) {
					return
				}
			}
			fill(&row, -1)
		})
		if stored != n || err != nil {
			t.Errorf("%d rows, %v", stored, err)
		}
		want(t, tab.View, rows)
	})
	t.Run("Error", func(t *testing.T) {
		tab := openTable(t, b, table.Options[shared]{Name: "refused"})
		w, err := tab.Writer(table.WriterOptions{Rows: 10})
		if err != nil {
			t.Fatal(err)
		}
		row := shared{}
		var errs []error
		for i := range 60 {
			fill(&row, int64(i))
			switch i {
			case 7:
				row.Raw = append(row.Raw[:0], "{bad}"...)
			case 17:
				*row.Text = "bad \xff"
			}
			if err := w.Write(t.Context(), row); err != nil {
				errs = append(errs, err)
			}
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
		got := ""
		for _, err := range errs {
			var refused *table.RowError
			if !errors.As(err, &refused) {
				t.Fatalf("error %v, want a *RowError", err)
			}
			got += fmt.Sprintf("row %d, %s %q; ", refused.Row, refused.Column, refused.Value)
		}
		if want := `row 7, raw "{bad}"; row 16, text "bad \xff"; `; got != want {
			t.Errorf("refused %s, want %s", got, want)
		}
	})
}
