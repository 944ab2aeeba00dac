package row

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a peer is given by one form of a batch must be what it is given by any
// other, and must not depend on how the rows are cut into batches.
func TestBatchForms(t *testing.T) {
	for _, k := range Kinds {
		t.Run(k.String(), func(t *testing.T) {
			const n, from = 7, SessionRows - 3 // across the edge of a session
			b := NewBatch(k, n, from)
			var tally Tally
			for i := range n {
				args := b.Args(i, nil)
				if len(args) != len(k.Columns()) {
					t.Fatalf("row %d has %d values for %d columns", i, len(args), len(k.Columns()))
				}
				bound := binder{values: make([]any, len(args)), types: make([]byte, len(args))}
				if err := b.Bind(i, &bound); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(args, bound.values); diff != "" {
					t.Errorf("row %d: Bind differs from Args (-args +bind):\n%s", i, diff)
				}
				if got := string(bound.types); got != k.Types() {
					t.Errorf("row %d: types %s, want %s", i, got, k.Types())
				}
				one := NewBatch(k, 1, from+i)
				if diff := cmp.Diff(args, one.Args(0, nil)); diff != "" {
					t.Errorf("row %d depends on its batch (-in a batch +alone):\n%s", i, diff)
				}
				tally = tally.Add(one.Tally())
			}
			if diff := cmp.Diff(tally, b.Tally()); diff != "" {
				t.Errorf("tally (-of the rows +of the batch):\n%s", diff)
			}
		})
	}
}

type binder struct {
	values []any
	types  []byte
}

func (b *binder) Text(i int, v string)  { b.values[i], b.types[i] = v, 't' }
func (b *binder) Real(i int, v float64) { b.values[i], b.types[i] = v, 'r' }
func (b *binder) Int(i int, v int64)    { b.values[i], b.types[i] = v, 'i' }
func (b *binder) Err() error            { return nil }

func TestStream(t *testing.T) {
	for _, n := range []int{0, 1, 9, 10, 11, 20, 25} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var got []Ints
			tally, err := Stream(D, 100, n, 10, func(b Batch) error {
				got = append(got, b.Slice().([]Ints)...)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := NewBatch(D, n, 100)
			if diff := cmp.Diff(append([]Ints(nil), want.Slice().([]Ints)...), got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.Tally(), tally); diff != "" {
				t.Errorf("tally (-want +got):\n%s", diff)
			}
		})
	}
}

// Three texts of a Sample repeat and one does not; a key comes once; no text
// of a Texts comes twice.
func TestRepeats(t *testing.T) {
	const n = 10 * SessionRows
	var distinct [4]map[string]bool
	for i := range distinct {
		distinct[i] = make(map[string]bool)
	}
	keys := make(map[string]bool)
	for _, s := range NewBatch(A, n, 0).Slice().([]Sample) {
		for i, text := range []string{s.Subject, s.Session, s.Region, s.UID} {
			distinct[i][text] = true
		}
		keys[s.Subject+s.Session+s.Region] = true
	}
	got := []int{len(distinct[0]), len(distinct[1]), len(distinct[2]), len(distinct[3]), len(keys)}
	if diff := cmp.Diff([]int{5, 2, SessionRows, n, n}, got); diff != "" {
		t.Errorf("distinct subjects, sessions, regions, uids, keys (-want +got):\n%s", diff)
	}
	texts := make(map[string]bool)
	for _, r := range NewBatch(C, 500, 0).Slice().([]Texts) {
		for _, text := range []string{r.T0, r.T1, r.T2, r.T3, r.T4, r.T5} {
			if len(text) != 60 {
				t.Fatalf("text of %d bytes: %s", len(text), text)
			}
			texts[text] = true
		}
	}
	if len(texts) != 3000 {
		t.Errorf("%d distinct texts, want 3000", len(texts))
	}
}

func TestTallySame(t *testing.T) {
	want := Tally{Rows: 3, Sum: 1e6}
	for _, c := range []struct {
		got  Tally
		same bool
	}{
		{Tally{3, 1e6}, true},
		{Tally{3, 1e6 + 1e-5}, true},
		{Tally{3, 1e6 + 1}, false},
		{Tally{2, 1e6}, false},
	} {
		if got := want.Same(c.got); got != c.same {
			t.Errorf("%v the same as %v: %t, want %t", c.got, want, got, c.same)
		}
	}
}
