package profile

import (
	"cmp"
	"container/heap"
	"hash/maphash"
	"slices"
	"strings"
)

// tally counts the most frequent texts in bounded memory: exactly while there is
// room for all of them, and then as the Space-Saving sketch does (Metwally,
// Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k Elements in
// Data Streams", 2005). A new text takes the place of the one that came least
// often, together with its count, and the count that it took over is how much
// too high its own may be. That is never more than the number of texts divided
// by the room, so that a text which comes more often is never missed.
type tally struct {
	room    int
	known   map[[2]uint64]*entry
	entries least
	full    bool // entries are a heap, and counts may be too high
}

type entry struct {
	key   [2]uint64
	text  string
	count int64
	over  int64 // of count, at most this was not seen
	at    int
}

// All text columns together have room for this many texts, and each for no
// more and no less than its part.
const (
	tallyTexts    = 1 << 20
	mostTexts     = 8192
	leastTexts    = 128
	tallyTextSize = 200 // what is kept of a text, in bytes
)

func newTally(columns int) *tally {
	return &tally{room: max(min(mostTexts, tallyTexts/columns), leastTexts), known: map[[2]uint64]*entry{}}
}

var otherSeed = maphash.MakeSeed()

func (t *tally) add(s string) {
	key := [2]uint64{maphash.String(seed, s), maphash.String(otherSeed, s)}
	e := t.known[key]
	switch {
	case e != nil:
		e.count++
	case !t.full && len(t.entries) < t.room:
		e = &entry{key: key, text: begin(s), count: 1, at: len(t.entries)}
		t.known[key] = e
		t.entries = append(t.entries, e)
		return
	default:
		if !t.full {
			t.full = true
			heap.Init(&t.entries)
		}
		e = t.entries[0]
		delete(t.known, e.key)
		e.key, e.text, e.over = key, begin(s), e.count
		e.count++
		t.known[key] = e
	}
	if t.full {
		heap.Fix(&t.entries, e.at)
	}
}

// begin is a copy of the text, or of its first part and an ellipsis.
func begin(s string) string {
	if len(s) <= tallyTextSize {
		return strings.Clone(s)
	}
	return strings.ToValidUTF8(s[:tallyTextSize], "") + "…"
}

// most returns the n most frequent texts. Those whose count is more guess than
// certain are left out: none of them comes more often than in 2 of room rows.
func (t *tally) most(n int) []Frequency {
	var all []Frequency
	for _, e := range t.entries {
		if e.over*2 <= e.count {
			all = append(all, Frequency{e.text, e.count, e.over})
		}
	}
	slices.SortFunc(all, func(a, b Frequency) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Over, b.Over), strings.Compare(a.Value, b.Value))
	})
	return all[:min(n, len(all))]
}

// least is a heap whose first entry has the lowest count.
type least []*entry

func (l least) Len() int           { return len(l) }
func (l least) Less(i, k int) bool { return l[i].count < l[k].count }
func (l least) Swap(i, k int) {
	l[i], l[k] = l[k], l[i]
	l[i].at, l[k].at = i, k
}
func (l *least) Push(x any) { *l = append(*l, x.(*entry)) }
func (l *least) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}
