package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// generation is a row of a file that is imported again and again: all rows of a
// file have one number.
type generation struct {
	N    int64  `db:"n"`
	File string `db:"file,batch"`
}

// generations is a file of so many rows.
func generations(n, rows int) string {
	return "n\n" + strings.Repeat(fmt.Sprint(n, "\n"), rows)
}

// wantGeneration holds that a table has the rows of one file and no others.
func wantGeneration(t *testing.T, db store.Backend, n, rows int) {
	t.Helper()
	got := fixture.All[generation](t, db, "generation")
	if len(got) != rows || slices.ContainsFunc(got, func(g generation) bool { return g.N != int64(n) }) {
		t.Errorf("%d rows, the first %v; want %d rows of %d", len(got), got[:min(len(got), 1)], rows, n)
	}
}

// TestReplace: the new content of a file takes the place of the old one, also of
// one that was stored in parts, and of the parts of an interrupted import.
func TestReplace(t *testing.T) {
	dir := put(t, map[string]string{"a.csv": generations(1, 9000), "a.csv@b.csv": generations(7, 3)})
	path := filepath.Join(dir, "a.csv")
	db := fixture.NewDB(t)
	tbl := fixture.NewTable(t, db, "generation", []generation(nil))
	opts := Options{Table: "generation", Sources: []string{path}, Replace: true}
	parts := opts
	parts.PartRows = 8192
	load := func(opts Options, text string, removed int64) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := Load(t.Context(), db, opts)
		if err != nil || res.Files[0].Err != nil || res.Files[0].Removed != removed {
			t.Errorf("%v, %+v; want %d rows removed", err, res.Files[0], removed)
		}
	}
	load(parts, generations(1, 9000), 0)
	wantGeneration(t, db, 1, 9000)
	load(opts, generations(2, 2), 9000)
	wantGeneration(t, db, 2, 2)
	load(opts, generations(2, 2), 0) // the same again
	// An import that was interrupted in the middle of a file.
	if err := os.WriteFile(path, []byte(generations(3, 9000)), 0o600); err != nil {
		t.Fatal(err)
	}
	once := parts
	once.Replace, once.Key = false, func(string) string { return "k" }
	if res, err := Load(t.Context(), &fixture.Stopping{Backend: db, After: 1}, once); err != nil || !errors.Is(res.Files[0].Err, fixture.ErrEnough) {
		t.Fatalf("%v, %v; want %v", err, res.Files[0].Err, fixture.ErrEnough)
	}
	keyed := opts
	keyed.Key = once.Key
	load(keyed, generations(4, 5), 8192) // the one part that was stored
	load(keyed, generations(4, 6), 5)
	load(parts, generations(5, 9000), 2)
	if n, err := tbl.Forget(t.Context(), "k"); n != 6 || err != nil {
		t.Errorf("the rows under the key: %d, %v; want 6", n, err)
	}
	wantGeneration(t, db, 5, 9000)
	// The name of another file may begin with the name of this one.
	other := opts
	other.Sources = []string{path + "@b.csv"}
	if res, err := Load(t.Context(), db, other); err != nil || res.Files[0].Err != nil {
		t.Fatal(err, res.Files[0].Err)
	}
	load(opts, generations(6, 1), 9000)
	if n, err := tbl.Count(t.Context()); n != 4 || err != nil {
		t.Errorf("%d rows, %v; want 1 of the file and 3 of the other", n, err)
	}
}

// crash is a Backend that fails at a call, and at all calls after it, as a process
// that is killed there.
type crash struct {
	store.Backend
	left int // calls before it
}

var errCrash = errors.New("killed")

func (c *crash) call() error {
	if c.left--; c.left < 0 {
		return errCrash
	}
	return nil
}

func (c *crash) Forget(ctx context.Context, s *schema.Schema, key string) (int64, error) {
	if err := c.call(); err != nil {
		return 0, err
	}
	return c.Backend.Forget(ctx, s, key)
}

func (c *crash) Ensure(ctx context.Context, s *schema.Schema, how store.Evolution) error {
	if err := c.call(); err != nil {
		return err
	}
	return c.Backend.Ensure(ctx, s, how)
}

func (c *crash) Begin(b *store.Batch) (store.Insertion, error) {
	in, err := c.Backend.Begin(b)
	return &crashing{in, c}, err
}

// crashing is a batch on its way into a crash.
type crashing struct {
	store.Insertion
	c *crash
}

func (i *crashing) Try(ctx context.Context) (store.Result, error) {
	if err := i.c.call(); err != nil {
		return store.Result{}, err
	}
	return i.Insertion.Try(ctx)
}

// TestReplaceCrash: wherever an import with Replace ends, between any two calls of
// the backend, the table has the old rows or the new ones.
func TestReplaceCrash(t *testing.T) {
	for _, opts := range []Options{{}, {PartRows: 10, Evolve: true}, {Key: filepath.Base}} {
		opts.Table, opts.Replace = "generation", true
		for calls, done := 0, false; !done; calls++ {
			dir := put(t, map[string]string{"a.csv": generations(1, 50)})
			db := fixture.NewDB(t)
			fixture.NewTable(t, db, "generation", []generation(nil))
			opts.Sources = []string{filepath.Join(dir, "a.csv")}
			first := opts
			first.Replace = false
			if res, err := Load(t.Context(), db, first); err != nil || res.Failed() > 0 {
				t.Fatal(err, res.Files[0].Err)
			}
			if err := os.WriteFile(opts.Sources[0], []byte(generations(2, 60)), 0o600); err != nil {
				t.Fatal(err)
			}
			res, err := Load(t.Context(), &crash{Backend: db, left: calls}, opts)
			if err != nil {
				t.Fatal(err)
			}
			if done = res.Files[0].Err == nil; done {
				if calls == 0 {
					t.Error("no call of the backend was a chance to fail")
				}
				wantGeneration(t, db, 2, 60)
				continue
			}
			wantGeneration(t, db, 1, 50)
			if res, err := Load(t.Context(), db, opts); err != nil || res.Failed() > 0 {
				t.Error(err, res.Files[0].Err)
			}
			wantGeneration(t, db, 2, 60)
		}
	}
}

// TestReplaceConstraint: an error leaves the old rows.
func TestReplaceConstraint(t *testing.T) {
	type unique struct {
		N    int64  `db:"n,unique"`
		File string `db:"file,batch"`
	}
	dir := put(t, map[string]string{"a.csv": "n\n1\n2\n"})
	db := fixture.NewDB(t)
	tbl := fixture.NewTable(t, db, "unique", []unique(nil))
	opts := Options{Table: "unique", Sources: []string{filepath.Join(dir, "a.csv")}, Replace: true}
	for _, step := range []struct {
		text string
		line int64 // that is refused
		want []int64
	}{
		{"n\n1\n2\n", 0, []int64{1, 2}}, {"n\n2\n3\n1\n", 0, []int64{2, 3, 1}}, {"n\n4\n5\n4\n", 4, []int64{2, 3, 1}},
	} {
		if err := os.WriteFile(opts.Sources[0], []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := Load(t.Context(), db, opts)
		if err != nil || (res.Failed() > 0) != (step.line > 0) || step.line > 0 && (len(res.Files[0].Bad) != 1 || res.Files[0].Bad[0].Line != step.line) {
			t.Errorf("%q: %v, %+v; want line %d refused", step.text, err, res.Files[0], step.line)
		}
		var got []int64
		for r, err := range tbl.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.N)
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("%q: rows are %v, want %v", step.text, got, step.want)
		}
	}
}

// TestReplaceRefused: where nothing says what must be replaced, nothing is.
func TestReplaceRefused(t *testing.T) {
	db := fixture.NewDB(t)
	fixture.NewTable(t, db, "generation", []generation(nil))
	opts := Options{Table: "generation", Sources: []string{"-"}, Stdin: strings.NewReader("n\n1\n"), Format: "csv", Replace: true}
	if res, err := Load(t.Context(), db, opts); err != nil || !errors.Is(res.Files[0].Err, ErrNoName) || !strings.Contains(res.Files[0].Err.Error(), "--key") {
		t.Errorf("standard input: %v, %+v; want %v", err, res.Files, ErrNoName)
	}
	type plain struct{ N int64 }
	fixture.NewTable(t, db, "plain", []plain(nil))
	opts.Table, opts.Stdin = "plain", io.Reader(strings.NewReader("n\n1\n"))
	if _, err := Load(t.Context(), db, opts); !errors.Is(err, store.ErrNoBatchColumn) {
		t.Errorf("a table without a batch column: %v, want %v", err, store.ErrNoBatchColumn)
	}
}
