package table_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// evolveVariable holds the path and the step of a process that changes a table
// which others have open.
const evolveVariable = "GALLEY_TEST_EVOLVE"

func init() {
	path, step, ok := strings.Cut(os.Getenv(evolveVariable), "|")
	if !ok {
		return
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := evolveSteps[step](path); err != nil {
		fmt.Fprintln(os.Stderr, step+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// inProcess runs steps on the file at path, each in a process of its own, all
// begun together.
func inProcess(t testing.TB, path string, steps ...string) {
	t.Helper()
	var children []*exec.Cmd
	var begin []io.WriteCloser
	for _, step := range steps {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), evolveVariable+"="+path+"|"+step)
		c.Stderr = os.Stderr
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		children, begin = append(children, c), append(begin, in)
	}
	for _, in := range begin {
		_ = in.Close()
	}
	for i, c := range children {
		if err := c.Wait(); err != nil {
			t.Fatalf("%s: %v", steps[i], err)
		}
	}
}

// The versions of a row. A, B and C have one type, so they differ only in
// their names.
type (
	shapeOne struct{ A, B, C int64 }
	shapeTwo struct {
		A, B, C int64
		D       *string
	}
	shapeOther struct {
		A, B, C int64
		E       int64 `db:"e,default=7"`
	}
	shapeTurned struct {
		C int64 `db:"c,default=5"`
		A int64
		D *string
		E int64 `db:"e,default=7"`
		B int64
	}
	shapeLess  struct{ A, B int64 }
	shapeStamp struct {
		A time.Time `db:"a,time=s"`
		B int64
	}
	shapeMillis struct {
		A time.Time `db:"a,time=ms"`
		B int64
	}
)

// evolveSteps are what such a process does.
var evolveSteps = map[string]func(path string) error{
	"two":    step(store.Additive, shapeTwo{100, 200, 300, nil}),
	"other":  step(store.Additive, shapeOther{100, 200, 300, 9}),
	"turn":   step(store.Rebuild, shapeTurned{C: 300, A: 100, B: 200, E: 7}),
	"less":   step(store.RebuildAndDrop, shapeLess{100, 200}),
	"millis": step(store.Rebuild, shapeMillis{time.Unix(1, 5e6).UTC(), 200}),
}

// step opens the table as T and appends a row, once as it is and once with
// many others.
func step[T any](how store.Evolution, row T) func(string) error {
	return func(path string) error {
		ctx := context.Background()
		db, err := sqlite.Open(ctx, path, sqlite.Options{})
		if err != nil {
			return err
		}
		defer db.Close()
		tab, err := table.Open(ctx, db, table.Options[T]{Name: "shapes", Evolve: how})
		if err != nil {
			return err
		}
		many := make([]T, 40)
		for i := range many {
			many[i] = row
		}
		return errors.Join(tab.Append(ctx, []T{row}), tab.Append(ctx, many))
	}
}

// wantShapes reads a, b and c by name and counts the rows of the parent and of
// its children: a value in another column than its own shows.
func wantShapes(t *testing.T, db *sqlite.DB, mine, theirs int) {
	t.Helper()
	type abc struct{ A, B, C int64 }
	got := map[string]int{}
	for row, err := range store.Query[abc](t.Context(), db, "SELECT a, b, c FROM shapes") {
		if err != nil {
			t.Fatal(err)
		}
		switch row {
		case abc{1, 2, 3}:
			got["mine"]++
		case abc{100, 200, 300}:
			got["theirs"]++
		default:
			t.Fatalf("row %+v", row)
		}
	}
	want := map[string]int{"mine": mine}
	if theirs > 0 {
		want["theirs"] = theirs
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestOlderWriter: a writer goes on, without opening its table again, while
// other processes add columns, turn their order around, and at last drop one.
// By statements and by images, no value ever lands in another column.
func TestOlderWriter(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[shapeOne]{Name: "shapes"})
	mine := 0
	write := func() error {
		var errs []error
		for _, n := range []int{1, 40, 9, 300, 2} {
			rows := make([]shapeOne, n)
			for i := range rows {
				rows[i] = shapeOne{1, 2, 3}
			}
			err := tab.Append(t.Context(), rows)
			if errs = append(errs, err); err == nil {
				mine += n
			}
		}
		return errors.Join(errs...)
	}
	theirs := 0
	for _, steps := range [][]string{{}, {"two"}, {}, {"other"}, {"turn"}, {"turn", "turn"}} {
		if len(steps) > 0 {
			inProcess(t, path, steps...)
		}
		theirs += 41 * len(steps)
		if err := write(); err != nil {
			t.Fatalf("after %v: %v", steps, err)
		}
		wantShapes(t, db, mine, theirs)
	}
	if got := len(collect(t, tab.All(t.Context()))); got != mine+theirs {
		t.Errorf("the older struct reads %d rows, want %d", got, mine+theirs)
	}

	inProcess(t, path, "less")
	before := dump(t, path)
	var mismatch *store.MismatchError
	if err := write(); !errors.As(err, &mismatch) || len(mismatch.Changes) != 1 || mismatch.Changes[0].Column != "c" {
		t.Errorf("a column was dropped: error %v, want a *MismatchError of c", err)
	}
	if diff := cmp.Diff(before, dump(t, path)); diff != "" {
		t.Errorf("the file has changed (-before +after):\n%s", diff)
	}
	for _, err := range tab.All(t.Context()) {
		if err == nil {
			t.Error("rows without one of their columns")
		}
		break
	}
}

// TestOtherMeaning: after another process made milliseconds of seconds, which
// SQLite stores alike, the writer and the reader of seconds are refused.
func TestOtherMeaning(t *testing.T) {
	path := tempPath(t)
	db := openDB(t, path)
	tab := openTable(t, db, table.Options[shapeStamp]{Name: "shapes"})
	rows := []shapeStamp{{time.Unix(7, 0).UTC(), 1}}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows, collect(t, tab.All(t.Context()))); diff != "" {
		t.Fatalf("rows (-want +got):\n%s", diff)
	}
	inProcess(t, path, "millis")
	for _, n := range []int{1, 40} {
		var mismatch *store.MismatchError
		if err := tab.Append(t.Context(), make([]shapeStamp, n)); !errors.As(err, &mismatch) {
			t.Errorf("Append of %d rows: error %v, want a *MismatchError", n, err)
		}
	}
	for row, err := range tab.All(t.Context()) {
		var mismatch *store.MismatchError
		if !errors.As(err, &mismatch) {
			t.Errorf("read %+v, %v, want a *MismatchError", row, err)
		}
	}
	// Opened again as what it is now, all is well, and the rows are converted.
	now := openTable(t, db, table.Options[shapeMillis]{Name: "shapes"})
	got := collect(t, now.All(t.Context()))
	if want := (shapeMillis{time.Unix(7, 0).UTC(), 1}); len(got) != 42 || got[0] != want {
		t.Errorf("%d rows, the first is %+v, want %+v", len(got), got[0], want)
	}
}

// TestProcessesEvolve: processes that add different columns to a table at once
// both succeed, round for round, beside one that has it open.
func TestProcessesEvolve(t *testing.T) {
	testtime.Seconds(t)
	for range 8 {
		path := tempPath(t)
		db := openDB(t, path)
		tab := openTable(t, db, table.Options[shapeOne]{Name: "shapes"})
		inProcess(t, path, "two", "other", "two")
		if err := tab.Append(t.Context(), []shapeOne{{1, 2, 3}}); err != nil {
			t.Fatal(err)
		}
		wantShapes(t, db, 1, 3*41)
		s, err := db.Describe(t.Context(), "shapes")
		if err != nil {
			t.Fatal(err)
		}
		if _, d := s.Column("d"); !d || len(s.Columns()) != 5 {
			t.Errorf("columns %v", s.ColumnNames())
		}
		type entry struct{ Changes string }
		history := collect(t, store.Query[entry](t.Context(), db, "SELECT changes FROM galley_history ORDER BY id"))
		if len(history) != 3 {
			t.Errorf("history %v, want one entry for each change", history)
		}
	}
}
