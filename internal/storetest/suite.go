// Package storetest holds a store.Backend against everything that packages
// store and table promise of any backend. Each backend's tests run it; what is
// particular to one stands in its own tests.
package storetest

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// Suite is a backend under test.
type Suite struct {
	// Open returns an empty backend, which is closed at the end of the test.
	Open func(t *testing.T) store.Backend
	// Again opens another on the same tables, as a second process would; nil
	// leaves those tests out.
	Again func(t *testing.T, b store.Backend) store.Backend
	// ByHand runs statements on the tables of b as another program does; nil
	// leaves those tests out.
	ByHand func(t *testing.T, b store.Backend, statements ...string)
	// NoKeys says that tables cannot have a key or a unique group, and that
	// only Additive changes them.
	NoKeys bool
	// KeysOnly says that rows in a table with a batch column need a key, and that
	// a table cannot gain such a column.
	KeysOnly bool
}

// Run runs the suite.
func (s Suite) Run(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(t *testing.T)
		skip bool
	}{
		{"AppendSizes", s.appendSizes, false},
		{"AppendWide", s.appendWide, false},
		{"AppendOnce", s.appendOnce, false},
		{"KeyOfWriter", s.keyOfWriter, false},
		{"AppendSeq", s.appendSeq, false},
		{"Reused", s.reused, false},
		{"BadRow", s.badRow, false},
		{"BadBinder", s.badBinder, false},
		{"Check", s.check, false},
		{"Unique", s.unique, s.NoKeys},
		{"TooLarge", s.tooLarge, strconv.IntSize == 32}, // where the engine has no memory for them
		{"Concurrent", s.concurrent, false},
		{"ConcurrentKeys", s.concurrentKeys, false},
		{"ConcurrentModes", s.concurrentModes, s.NoKeys},
		{"ConcurrentQuarantine", s.concurrentQuarantine, s.NoKeys},
		{"Types", s.types, false},
		{"TypesRandom", s.typesRandom, false},
		{"TypesRefused", s.typesRefused, false},
		{"Ensure", s.ensure, false},
		{"EnsureAtOnce", s.ensureAtOnce, s.Again == nil},
		{"EnsureForeign", s.ensureForeign, false},
		{"Additive", s.additive, false},
		{"EnsureRefused", s.ensureRefused, false},
		{"History", s.history, false},
		{"Rebuild", s.rebuild, s.NoKeys},
		{"RebuildFilled", s.rebuildFilled, s.NoKeys},
		{"RebuildRefused", s.rebuildRefused, s.NoKeys},
		{"RebuildExact", s.rebuildExact, s.NoKeys},
		{"RebuildDim", s.rebuildDim, s.NoKeys},
		{"RebuildChecks", s.rebuildChecks, s.NoKeys},
		{"Outdated", s.outdated, s.NoKeys || s.Again == nil},
		{"IndexNames", s.indexNames, false},
		{"OtherCase", s.otherCase, false},
		{"OldIndexNames", s.oldIndexNames, s.ByHand == nil},
		{"OldNames", s.oldNames, s.NoKeys},
		{"OldNamesInLines", s.oldNamesInLines, s.NoKeys},
		{"Ambiguous", s.ambiguous, s.NoKeys},
		{"KeyOrder", s.keyOrder, s.NoKeys},
		{"UniqueDefault", s.uniqueDefault, s.NoKeys},
		{"ChangedByHand", s.changedByHand, s.ByHand == nil},
		{"RulesByHand", s.rulesByHand, s.ByHand == nil},
		{"CheckOfRenamed", s.checkOfRenamed, s.NoKeys},
		{"NullByHand", s.nullByHand, s.ByHand == nil},
		{"DroppedByHand", s.droppedByHand, s.ByHand == nil},
		{"CreatedByHand", s.createdByHand, s.ByHand == nil},
		{"LostNaN", s.lostNaN, false},
		{"NilMarshaler", s.nilMarshaler, false},
		{"RoundedDefault", s.roundedDefault, false},
		{"Upsert", s.upsert, s.NoKeys},
		{"UpsertUnique", s.upsertUnique, s.NoKeys},
		{"UpsertModel", s.upsertModel, s.NoKeys},
		{"UpsertVector", s.upsertVector, s.NoKeys},
		{"UpsertRefused", s.upsertRefused, false},
		{"Ignore", s.ignore, s.NoKeys},
		{"Batches", s.batches, false},
		{"Ledger", s.ledger, false},
		{"LedgerTime", s.ledgerTime, false},
		{"Carried", s.carried, false},
		{"BatchesModel", s.batchesModel, false},
		{"BeforeColumn", s.beforeColumn, s.KeysOnly},
		{"ReplaceAtOnce", s.replaceAtOnce, false},
		{"Removes", s.removes, s.NoKeys},
		{"RemovesAtOnce", s.removesAtOnce, s.NoKeys},
		{"Others", s.others, s.NoKeys},
		{"OthersAtOnce", s.othersAtOnce, s.NoKeys || s.Again == nil},
		{"Quarantine", s.quarantine, false},
		{"QuarantineUpsert", s.quarantineUpsert, s.NoKeys},
		{"QuarantineReplaced", s.quarantineReplaced, false},
		{"QuarantineRow", s.quarantineRow, false},
		{"QuarantineName", s.quarantineName, false},
		{"QuarantineCopied", s.quarantineCopied, false},
		{"Sift", s.sift, s.NoKeys},
		{"SiftUpsert", s.siftUpsert, s.NoKeys},
		{"Unread", s.unread, false},
		{"ReusedMemory", s.reusedMemory, false},
		{"Query", s.query, false},
		{"Parameters", s.parameters, false},
		{"Edit", s.edit, false},
		{"EditTypes", s.editTypes, false},
		{"EditRefused", s.editRefused, false},
		{"EditLedger", s.editLedger, false},
		{"EditAtOnce", s.editAtOnce, false},
		{"QuerySQL", s.querySQL, false},
		{"TimeUnits", s.timeUnits, false},
		{"Arguments", s.arguments, false},
		{"ArgumentsMixed", s.argumentsMixed, false},
		{"ArgumentsUnsigned", s.argumentsUnsigned, false},
		{"Together", s.together, s.NoKeys},
		{"TogetherPartly", s.togetherPartly, s.NoKeys},
		{"TogetherAtOnce", s.togetherAtOnce, s.NoKeys},
		{"TogetherRefused", s.togetherRefused, s.NoKeys},
		{"Values", s.values, false},
		{"QueryRounds", s.queryRounds, false},
		{"QueryRefused", s.queryRefused, false},
		{"QueryStreams", s.queryStreams, false},
		{"QueryWrites", s.queryWrites, false},
		{"View", s.view, false},
		{"WriterModel", s.writerModel, false},
		{"WriterAtOnce", s.writerAtOnce, false},
		{"WriterErrors", s.writerErrors, false},
		{"WriterRefuses", s.writerRefuses, false},
		{"WriterKeepsFew", s.writerKeepsFew, false},
		{"WriterUnclosed", s.writerUnclosed, false},
		{"WriterResumes", s.writerResumes, false},
		{"Model", s.model, false},
		{"Cancel", s.cancel, false},
		{"Close", s.close, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.skip {
				t.Skip("does not apply to this backend")
			}
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) }) // after all is closed
			c.test(t)
		})
	}
}

// reading is the row of most tests.
type reading struct {
	N       int64
	Subject string
	Volume  float64
	Good    bool
}

// readings returns n rows that count from first.
func readings(first, n int) []reading {
	rows := make([]reading, n)
	for i := range rows {
		k := first + i
		rows[i] = reading{int64(k), []string{"left", "right", "", "ü"}[k%4], float64(k) / 3, k%2 == 0}
	}
	return rows
}

func openTable[T any](t testing.TB, b store.Backend, opts table.Options[T]) *table.Table[T] {
	t.Helper()
	tab, err := table.Open(t.Context(), b, opts)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// collect returns the rows of a sequence.
func collect[T any](t testing.TB, rows iter.Seq2[T, error]) []T {
	t.Helper()
	all := []T{}
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

// want compares a table's rows, by their column n, with rows that are in that
// order.
func want[T any](t testing.TB, v table.View[T], rows []T) {
	t.Helper()
	if rows == nil {
		rows = []T{}
	}
	if diff := cmp.Diff(rows, collect(t, v.Where(context.Background(), "", table.OrderBy("n")))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// roundRows is how many numbers a round of a model has to itself in the one
// table of all rounds: to make a table for each takes seconds where tables are
// spread over servers.
const roundRows = 100_000

// wantRound is want for the numbers of a round.
func wantRound[T any](rt *rapid.T, v table.View[T], round int, rows []T) {
	rt.Helper()
	got := []T{}
	for row, err := range v.Where(context.Background(), fmt.Sprintf("n / %d = %d", roundRows, round), table.OrderBy("n")) {
		if err != nil {
			rt.Fatal(err)
		}
		got = append(got, row)
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		rt.Fatalf("rows (-want +got):\n%s", diff)
	}
}

// wantResult compares results.
func wantResult(t testing.TB, want, got store.Result, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("error: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// atOnce runs work in n goroutines and waits for all of them.
func atOnce(t testing.TB, n int, work func(i int) error) {
	t.Helper()
	errs := make(chan error, n)
	for i := range n {
		go func() {
			defer func() {
				if p := recover(); p != nil {
					errs <- fmt.Errorf("goroutine %d: %v", i, p)
				}
			}()
			errs <- work(i)
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// rawRows are rows that write themselves.
type rawRows []func(w schema.Writer)

func (r rawRows) Len() int { return len(r) }
func (r rawRows) Bind(i int, w schema.Writer) error {
	r[i](w)
	return nil
}

// once is a Retrier that does not.
var once = backoff.None()

// mustSchema makes a schema of columns.
func mustSchema(t testing.TB, name string, columns ...schema.Column) *schema.Schema {
	t.Helper()
	s, err := schema.New(name, columns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
