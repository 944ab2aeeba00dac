package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// TestMain runs the command where a test has started this program for that. Otherwise
// it fails when a goroutine is left at the end of the tests.
func TestMain(m *testing.M) {
	if os.Getenv(commandEnv) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

type mean struct {
	Session string  `db:"session,batch"`
	Value   float64 `db:"value"`
}

// newFile creates a galley file with the tables mean and other.
func newFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "features.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mean", "other"} {
		tab, err := table.Open(t.Context(), db, table.Options[mean]{Name: name})
		if err == nil {
			_, err = tab.AppendOnce(t.Context(), "s1", []mean{{Value: 1}, {Value: 2}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func command(t *testing.T, ctx context.Context, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(ctx, args, &o, &e)
	return status, o.String(), e.String()
}

// TestPublish: the command publishes all tables or those named, and says so in lines and
// as JSON.
func TestPublish(t *testing.T) {
	file, dir := newFile(t), t.TempDir()
	where := []string{"--catalog", "sqlite:" + filepath.Join(dir, "c.db"), "--warehouse", filepath.Join(dir, "w"), "--namespace", "study.one"}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{file, "mean", "--partition", "session"}, "study.one.mean: 1 batches, 2 rows, 1 files"},
		{[]string{file}, "study.one.mean: nothing new\nstudy.one.other: 1 batches, 2 rows, 1 files"},
		{[]string{file, "mean", "--republish"}, "study.one.mean: 1 batches, 2 rows, 1 files"},
		{[]string{"maintain", "mean"}, "study.one.mean: 0 files merged into 0, 0 snapshots expired"},
	} {
		if status, out, errs := command(t, t.Context(), append(c.args, where...)...); status != exitDone || !strings.HasPrefix(out, c.want) {
			t.Errorf("%q: status %d, output %q, errors %q; want %q", c.args, status, out, errs, c.want)
		}
	}
	status, out, errs := command(t, t.Context(), append([]string{file, "--json"}, where...)...)
	var r lake.Report
	if err := json.Unmarshal([]byte(out), &r); status != exitDone || err != nil || len(r.Tables) != 2 {
		t.Errorf("--json: status %d, output %q, errors %q: %v", status, out, errs, err)
	}
}

// TestWrongCommandLines: each has status 2 or 1, and its message says what to do.
func TestWrongCommandLines(t *testing.T) {
	file, dir := newFile(t), t.TempDir()
	catalog, warehouse := "--catalog=sqlite:"+filepath.Join(dir, "c.db"), "--warehouse="+filepath.Join(dir, "w")
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{nil, exitUsage, "FILE is missing"},
		{[]string{file}, exitUsage, "--catalog is missing"},
		{[]string{file, catalog}, exitFailed, "needs a warehouse"},
		{[]string{file, catalog, warehouse, "--every", "0s"}, exitUsage, "want a time above 0"},
		{[]string{file, catalog, warehouse, "--rows-per-file=0"}, exitUsage, "want a number above 0"},
		{[]string{file, catalog, warehouse, "--frequency=3"}, exitUsage, "unknown flag"},
		{[]string{file + ".missing", catalog, warehouse}, exitFailed, "check the path"},
		{[]string{file, "men", catalog, warehouse}, exitFailed, "no such table"},
		{[]string{file, catalog, warehouse, "--partition=week(at)"}, exitFailed, "is not a transform"},
		{[]string{"maintain", catalog, warehouse, "--keep=0s"}, exitUsage, "want a time above 0"},
	} {
		if status, _, errs := command(t, t.Context(), c.args...); status != c.status || !strings.Contains(errs, c.want) {
			t.Errorf("%q: status %d, errors %q; want %d, %q", c.args, status, errs, c.status, c.want)
		}
	}
}

// TestWatchEndsWithItsContext: the end of the context is the normal end of --watch.
func TestWatchEndsWithItsContext(t *testing.T) {
	file, dir := newFile(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	var errs bytes.Buffer
	var out stopper = func() { cancel() }
	status := run(ctx, []string{file, "--catalog=sqlite:" + filepath.Join(dir, "c.db"), "--warehouse=" + filepath.Join(dir, "w"), "--watch"}, out, &errs)
	if status != exitDone || errs.Len() > 0 {
		t.Errorf("status %d, errors %q", status, errs.String())
	}
}

// stopper is an output that calls itself.
type stopper func()

func (s stopper) Write(p []byte) (int, error) { s(); return len(p), nil }
