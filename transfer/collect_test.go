package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

func TestCollectMovesBatches(t *testing.T) {
	testtime.Seconds(t)
	s, db := newSpool(t), newDatabase(t)
	keys := keyNames(300)
	fill(t, s, 40, keys...)
	was := parseFile(t, batchPath(s, "region", "sub-007"))
	if got, want := counts(collect(t, db, s, CollectOptions{})), "batches 300 rows 12000 present 0 duplicates 0 aside 0 refused 0"; got != want {
		t.Errorf("report: %s, want %s", got, want)
	}
	stored(t, db, 40, keys...)
	if got := value(t, db, `SELECT rows || ' ' || at AS v FROM galley_batches WHERE key = 'sub-007'`); got != fmt.Sprintf("40 %d", was.At) {
		t.Errorf("ledger: %s, want 40 rows at %d", got, was.At)
	}
	if left := waiting(t, s); len(left) > 0 {
		t.Errorf("files left: %q", left)
	}
	// The spool still reports what is done.
	done, err := store.FindBatch(t.Context(), s, "region", "sub-007")
	if err != nil || done.Rows != 40 || done.At.UnixMicro() != was.At {
		t.Errorf("done: %+v, %v", done, err)
	}
	if applied, err := openTable(t, s).AppendOnce(t.Context(), "sub-007", regionRows(1)); err != nil || applied {
		t.Errorf("append again: %v, %v", applied, err)
	}
	if got := counts(collect(t, db, s, CollectOptions{})); !strings.HasPrefix(got, "batches 0 rows 0 present 0 duplicates 0") {
		t.Errorf("second report: %s", got)
	}
}

func TestCollectBatchesWithoutKey(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	tab := openTable(t, s)
	rows := regionRows(5)
	rows[0].Session = "mine" // without a key, the batch column keeps its value
	for range 3 {
		if err := tab.Append(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	collect(t, db, s, CollectOptions{})
	if got := value(t, db, `SELECT count(*) || ' ' || sum(session = 'mine') AS v FROM region`); got != "15 3" {
		t.Errorf("rows, and those that kept their value: %s", got)
	}
}

func TestCollectKeeps(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 3, keyNames(10)...)
	for _, want := range []string{"batches 10 rows 30 present 0", "batches 0 rows 0 present 10"} {
		if got := counts(collect(t, db, s, CollectOptions{Keep: true})); !strings.HasPrefix(got, want) {
			t.Errorf("report: %s, want %s", got, want)
		}
	}
	if left := waiting(t, s); len(left) != 10 {
		t.Errorf("%d files left", len(left))
	}
	stored(t, db, 3, keyNames(10)...)
}

func parseFile(t testing.TB, path string) *batchfile.File {
	t.Helper()
	var p batchfile.Parser
	f, err := p.Parse(readFile(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each kind of bad file goes to the folder damaged with its reason, and the
// others are collected.
func TestCollectSetsBadFilesAside(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	keys := keyNames(6)
	fill(t, s, 10, keys...)
	flipped := batchPath(s, "region", keys[0])
	content := readFile(t, flipped)
	content[len(content)/2] ^= 1
	writeFile(t, flipped, content)
	cut := batchPath(s, "region", keys[1])
	writeFile(t, cut, readFile(t, cut)[:5000])
	writeFile(t, batchPath(s, "region", keys[2]), nil)
	// A batch under the name of another key, and in the folder of another table.
	good := readFile(t, batchPath(s, "region", keys[3]))
	writeFile(t, batchPath(s, "region", "other"), good)
	writeFile(t, batchPath(s, "elsewhere", keys[3]), good)
	writeFile(t, filepath.Join(filepath.Dir(flipped), "notes.txt"), []byte("?"))
	folder := batchPath(s, "region", "a folder")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}

	report := collect(t, db, s, CollectOptions{})
	stored(t, db, 10, keys[3:]...)
	if len(waiting(t, s)) > 0 {
		t.Errorf("files left: %q", waiting(t, s))
	}
	found := ""
	for _, a := range report.Aside {
		reason := string(readFile(t, a.File+".txt"))
		if !strings.Contains(reason, a.Text) {
			t.Errorf("reason beside %s: %q, want %q", a.File, reason, a.Text)
		}
		found += a.Text + "\n"
	}
	for _, want := range []string{"checksum differs", "cut off", "whose file is", `holds table "region"`, "not the name of a batch file", "not a regular file"} {
		if !strings.Contains(found, want) {
			t.Errorf("no file was set aside with %q:\n%s", want, found)
		}
	}
	if len(report.Aside) != 7 {
		t.Errorf("%d files set aside, want 7:\n%s", len(report.Aside), found)
	}
	// A damaged batch is not done: its worker can store it again.
	fill(t, s, 10, keys[0])
	collect(t, db, s, CollectOptions{})
	stored(t, db, 10, append(keys[3:], keys[0])...)
}

// A worker that was thought dead stores its batch after the batch of the one
// that was started in its place was collected.
func TestCollectLateCopies(t *testing.T) {
	s, other, db := newSpool(t), newSpool(t), newDatabase(t)
	fill(t, s, 10, "same", "differs")
	fill(t, other, 10, "same")
	fill(t, other, 11, "differs")
	collect(t, db, s, CollectOptions{})
	for _, key := range []string{"same", "differs"} {
		writeFile(t, batchPath(s, "region", key), readFile(t, batchPath(other, "region", key)))
	}
	report := collect(t, db, s, CollectOptions{})
	if got, want := counts(report), "batches 0 rows 0 present 0 duplicates 1 aside 1 refused 0"; got != want {
		t.Errorf("report: %s, want %s", got, want)
	}
	if len(report.Aside) == 1 && !strings.Contains(report.Aside[0].Text, `"differs"`) {
		t.Errorf("set aside: %v", report.Aside)
	}
	stored(t, db, 10, "same", "differs")
	if left := waiting(t, s); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// A key that came into the database by another way does not permit the removal of
// rows that were not compared.
func TestCollectKeepsWhatItCannotCompare(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, db, 10, "k")
	fill(t, s, 10, "k")
	report := collect(t, db, s, CollectOptions{})
	if len(report.Aside) != 1 || !strings.Contains(report.Aside[0].Text, "did not come from this spool") {
		t.Errorf("set aside: %v", report.Aside)
	}
	stored(t, db, 10, "k")
}

// A batch that the table does not take stays, and the others go.
func TestCollectRefusedStays(t *testing.T) {
	testtime.Seconds(t)
	s, db := newSpool(t), newDatabase(t)
	type unique struct {
		ID int64 `db:"id,key"`
	}
	tab, err := table.Open[unique](t.Context(), s, table.Options[unique]{})
	if err != nil {
		t.Fatal(err)
	}
	for key, rows := range map[string][]unique{"a": {{1}, {2}}, "b": {{3}, {3}}} {
		if _, err := tab.AppendOnce(t.Context(), key, rows); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, s, 3, "r")
	type narrow struct {
		Session string `db:"session,batch"`
	}
	if _, err := table.Open[narrow](t.Context(), db, table.Options[narrow]{Name: "region"}); err != nil {
		t.Fatal(err)
	}
	report := collect(t, db, s, CollectOptions{})
	if got, want := counts(report), "batches 1 rows 2 present 0 duplicates 0 aside 0 refused 2"; got != want {
		t.Errorf("report: %s, want %s", got, want)
	}
	var mismatch *store.MismatchError
	if !errors.Is(report.Refused[0].Err, store.ErrConstraint) && !errors.As(report.Refused[0].Err, &mismatch) {
		t.Errorf("refused: %v", report.Refused)
	}
	if left := waiting(t, s); len(left) != 2 {
		t.Errorf("left: %q", left)
	}
	// Columns are added where the caller says so.
	if got := counts(collect(t, db, s, CollectOptions{Evolve: store.Rebuild})); !strings.HasPrefix(got, "batches 1 rows 3") {
		t.Errorf("with Rebuild: %s", got)
	}
}

// unsynced is a destination that loses its power after the commits.
type unsynced struct{ store.Backend }

var errPower = errors.New("power lost")

func (unsynced) Sync(context.Context) error { return errPower }

// Nothing is removed before the destination's commits are durable; what was
// committed is found by the next collector.
func TestCollectRemovesAfterSync(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 10, keyNames(20)...)
	if _, err := Collect(t.Context(), unsynced{db}, []string{s.Path()}, CollectOptions{}); !errors.Is(err, errPower) {
		t.Errorf("error %v", err)
	}
	if left := waiting(t, s); len(left) != 20 {
		t.Errorf("%d files left of 20", len(left))
	}
	report := collect(t, db, s, CollectOptions{})
	if report.Batches+report.Duplicates != 20 || len(report.Aside)+len(report.Refused) != 0 {
		t.Errorf("report: %s", counts(report))
	}
	stored(t, db, 10, keyNames(20)...)
}

func TestCollectExpects(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 2, "a", "b")
	want := []Expected{{Key: "c"}, {Table: "other", Key: "a"}}
	report := collect(t, db, s, CollectOptions{Expect: append([]Expected{{Key: "a"}, {Table: "region", Key: "b"}}, want...)})
	if diff := cmp.Diff(want, report.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// Watch ends when nothing is missing, and when its context ends.
func TestCollectWatches(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	openTable(t, s)
	done := make(chan *CollectReport, 1)
	watch := func(ctx context.Context, looks chan struct{}, expect ...Expected) {
		report, err := Collect(ctx, db, []string{s.Path()}, CollectOptions{Watch: true, Interval: 1, Expect: expect,
			Progress: func(CollectReport) { looks <- struct{}{} }})
		if err != nil {
			t.Error(err)
		}
		done <- report
	}
	looks := make(chan struct{}, 100)
	go watch(t.Context(), looks, Expected{Key: "a"}, Expected{Key: "b"})
	fill(t, s, 2, "a")
	<-looks
	fill(t, s, 2, "b")
	if report := <-done; len(report.Missing) != 0 || report.Rows != 4 {
		t.Errorf("report: %s, missing %v", counts(report), report.Missing)
	}
	ctx, stop := context.WithCancel(t.Context())
	looks = make(chan struct{}, 100)
	go watch(ctx, looks)
	fill(t, s, 2, "c")
	<-looks
	stop()
	<-done
	stored(t, db, 2, "a", "b", "c")
}

func TestCollectWhatIsNoSpool(t *testing.T) {
	if _, err := Collect(t.Context(), newDatabase(t), []string{t.TempDir()}, CollectOptions{}); err == nil || !strings.Contains(err.Error(), "not a spool") {
		t.Errorf("error %v", err)
	}
}

// The other batches of a folder are read while one is large: memory is bounded.
func TestCollectMemoryIsBounded(t *testing.T) {
	b := newBudget(10)
	if err := b.take(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	go func() { got <- b.take(t.Context(), 100) }()
	b.give(6)
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.take(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("full, and cancelled: %v", err)
	}
	b.give(100)
	if err := b.take(t.Context(), 10); err != nil {
		t.Error(err)
	}
}

// A value above the destination's limit is refused, as it is when a row is
// appended, and the batch stays.
func TestCollectTooLarge(t *testing.T) {
	s := newSpool(t)
	tab := openTable(t, s)
	for key, size := range map[string]int{"small": 10, "large": 5000} {
		if _, err := tab.AppendOnce(t.Context(), key, []region{{Name: strings.Repeat("x", size)}}); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), sqlite.Options{MaxValue: 4000})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	report := collect(t, db, s, CollectOptions{})
	if report.Batches != 1 || len(report.Refused) != 1 || !errors.Is(report.Refused[0].Err, store.ErrTooLarge) {
		t.Errorf("report: %s: %v", counts(report), report.Refused)
	}
}

// meanwhile is a destination that does something before the first batch.
type meanwhile struct {
	store.Backend
	once *sync.Once
	do   func()
}

func (m meanwhile) Begin(b *store.Batch) (store.Insertion, error) {
	m.once.Do(m.do)
	return m.Backend.Begin(b)
}

// Of two collectors that have both recorded a batch, the one that comes second
// finds the record of the one that stored it.
func TestCollectorsAtOnce(t *testing.T) {
	s, db := newSpool(t), newDatabase(t)
	fill(t, s, 10, "k")
	first := func() {
		if _, err := Collect(t.Context(), unsynced{db}, []string{s.Path()}, CollectOptions{}); !errors.Is(err, errPower) {
			t.Errorf("the first: %v", err)
		}
	}
	report := collect(t, meanwhile{db, new(sync.Once), first}, s, CollectOptions{})
	if got, want := counts(report), "batches 0 rows 0 present 1 duplicates 0 aside 0 refused 0"; got != want {
		t.Errorf("report: %s, want %s: %v", got, want, report.Aside)
	}
	stored(t, db, 10, "k")
}
