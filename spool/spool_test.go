package spool_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// Region is a row of a test.
type Region struct {
	Session string  `db:"session,batch"`
	Name    string  `db:"name"`
	Volume  float64 `db:"volume"`
	Voxels  int32   `db:"voxels,null"`
}

func open(t *testing.T) *spool.Spool {
	t.Helper()
	s, err := spool.Open(t.Context(), filepath.Join(t.TempDir(), "study.spool"), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func regions(t *testing.T, s *spool.Spool) *table.Table[Region] {
	t.Helper()
	tab, err := table.Open[Region](t.Context(), s, table.Options[Region]{})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func rows(n int) []Region {
	all := make([]Region, n)
	for i := range all {
		all[i] = Region{Name: fmt.Sprint("region ", i), Volume: float64(i) / 4, Voxels: int32(i)}
	}
	return all
}

// files are the batch files of a spool.
func files(t *testing.T, s *spool.Spool) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Path(), "tables", "*", "??", "*"+batchfile.Suffix))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func parse(t *testing.T, path string) *batchfile.File {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var p batchfile.Parser
	f, err := p.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAppendOnceIsOneFile(t *testing.T) {
	s := open(t)
	tab := regions(t, s)
	for i, want := range []bool{true, false} {
		applied, err := tab.AppendOnce(t.Context(), "sub-01", rows(100))
		if err != nil || applied != want {
			t.Fatalf("call %d: applied %v, %v", i, applied, err)
		}
	}
	all := files(t, s)
	if len(all) != 1 {
		t.Fatalf("files: %q", all)
	}
	f := parse(t, all[0])
	if f.Key != "sub-01" || f.Len() != 100 || f.Schema.Fingerprint() != tab.Schema().Fingerprint() {
		t.Errorf("key %q, %d rows", f.Key, f.Len())
	}
	if done, err := tab.Done(t.Context(), "sub-01"); err != nil || !done {
		t.Errorf("done: %v, %v", done, err)
	}
	if done, err := tab.Done(t.Context(), "sub-02"); err != nil || done {
		t.Errorf("another key is done: %v, %v", done, err)
	}
}

// Append has no key: two equal batches are two files.
func TestAppendIsAFileEach(t *testing.T) {
	s := open(t)
	tab := regions(t, s)
	for range 2 {
		if err := tab.Append(t.Context(), rows(3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.Append(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	all := files(t, s)
	if len(all) != 2 || !parse(t, all[0]).Own() {
		t.Errorf("files: %q", all)
	}
}

func TestWriterSpools(t *testing.T) {
	s := open(t)
	w, err := regions(t, s).Writer(table.WriterOptions{Rows: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows(25) {
		if err := w.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range files(t, s) {
		n += parse(t, path).Len()
	}
	if n != 25 {
		t.Errorf("%d rows, want 25", n)
	}
}

// A Writer that is open when the spool is closed has its rows named by Close, and
// refuses the next. A row that cannot be stored is refused by Write.
func TestCloseBeforeWriter(t *testing.T) {
	s := open(t)
	w, err := regions(t, s).Writer(table.WriterOptions{Rows: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows(3) {
		if err := w.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	bad := rows(1)[0]
	bad.Volume = math.NaN()
	var row *store.RowError
	if err := w.Write(t.Context(), bad); !errors.As(err, &row) || row.Row != 3 {
		t.Errorf("Write of a NaN: %v, want a *store.RowError of row 3", err)
	}
	var unstored *store.UnstoredError
	if err := s.Close(); !errors.As(err, &unstored) || unstored.Tables[0].Rows != 3 {
		t.Errorf("Close: %v, want a *store.UnstoredError of 3 rows", err)
	}
	if err := w.Write(t.Context(), rows(1)[0]); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Write after the Close of the spool: %v, want %v", err, store.ErrClosed)
	}
}

// A row that cannot be stored leaves nothing behind.
func TestBadRowStoresNothing(t *testing.T) {
	s := open(t)
	tab := regions(t, s)
	bad := rows(3)
	bad[2].Volume = math.NaN()
	_, err := tab.AppendOnce(t.Context(), "k", bad)
	var row *store.RowError
	if !errors.As(err, &row) || row.Row != 2 || row.Column != "volume" || !errors.Is(err, schema.ErrNaN) {
		t.Errorf("error %v", err)
	}
	if all := files(t, s); len(all) > 0 {
		t.Errorf("files: %q", all)
	}
}

func TestOnlyAppending(t *testing.T) {
	s := open(t)
	tab := regions(t, s)
	for name, call := range map[string]func() error{
		"Ignore":  func() error { _, err := tab.Ignore(t.Context(), rows(1)); return err },
		"Replace": func() error { _, err := tab.Replace(t.Context(), "k", rows(1)); return err },
		"Forget":  func() error { _, err := s.Forget(t.Context(), tab.Schema(), "k"); return err },
		"Count":   func() error { _, err := tab.Count(t.Context()); return err },
		"All": func() error {
			for _, err := range tab.All(t.Context()) {
				return err
			}
			return nil
		},
	} {
		if err := call(); !errors.Is(err, spool.ErrWriteOnly) {
			t.Errorf("%s: %v, want ErrWriteOnly", name, err)
		}
	}
}

func TestTableChanges(t *testing.T) {
	type wider struct {
		Region
		Extra string `db:"extra,null"`
	}
	s := open(t)
	regions(t, s)
	name := table.Options[wider]{Name: "region"}
	_, err := table.Open[wider](t.Context(), s, name)
	var mismatch *store.MismatchError
	if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "extra") {
		t.Errorf("strict: %v", err)
	}
	name.Evolve = store.Additive
	if _, err := table.Open[wider](t.Context(), s, name); err != nil {
		t.Errorf("additive: %v", err)
	}
	have, err := s.Describe(t.Context(), "region")
	if err != nil || len(have.Columns()) != 5 {
		t.Errorf("columns %v, %v", have, err)
	}
	if tables, err := s.Tables(t.Context()); err != nil || len(tables) != 1 {
		t.Errorf("tables %v, %v", tables, err)
	}
}

func TestClosedSpoolRefusesBatches(t *testing.T) {
	s := open(t)
	tab := regions(t, s)
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := tab.Append(t.Context(), rows(1)); !errors.Is(err, store.ErrClosed) {
		t.Errorf("append: %v", err)
	}
	if _, err := tab.Done(t.Context(), "k"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("done: %v", err)
	}
}

func TestCancelledStoresNothing(t *testing.T) {
	s := open(t)
	tab := regions(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tab.Append(ctx, rows(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if all := files(t, s); len(all) > 0 {
		t.Errorf("files: %q", all)
	}
}

func TestImpossibleOptionsAreRefused(t *testing.T) {
	for _, opts := range []spool.Options{{Perm: 0o070}, {Perm: os.ModeDir | 0o700}} {
		if _, err := spool.Open(t.Context(), filepath.Join(t.TempDir(), "x"), opts); !errors.Is(err, store.ErrOptions) {
			t.Errorf("%v: %v", opts.Perm, err)
		}
	}
	if _, err := spool.Open(t.Context(), filepath.Join(t.TempDir(), "no", "x"), spool.Options{}); err == nil || !strings.Contains(err.Error(), "create it first") {
		t.Errorf("no folder above: %v", err)
	}
}
