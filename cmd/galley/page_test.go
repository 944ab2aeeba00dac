package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/table"
)

// served runs galley watch --http with these arguments, and returns what its page and
// its metrics are.
func served(t *testing.T, args ...string) (page, metrics string) {
	t.Helper()
	browse(t, func(get func(path string) string) { page, metrics = get(""), get("metrics") }, args...)
	return page, metrics
}

// browse runs galley watch --http with these arguments while use runs, which gets the
// pages of a path.
func browse(t *testing.T, use func(get func(path string) string), args ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, errs := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"watch", "--http", "127.0.0.1:0"}, args...), strings.NewReader(""), io.Discard, errs)
		_ = errs.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	defer func() {
		stop()
		if status := <-ended; status != exitInterrupted {
			t.Errorf("status %d after Ctrl-C", status)
		}
		http.DefaultClient.CloseIdleConnections()
	}()
	url := strings.TrimSuffix(strings.TrimPrefix(line, "serving "), " until Ctrl-C\n")
	use(func(path string) string {
		t.Helper()
		res, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	})
}

func TestWatchPage(t *testing.T) {
	path := scanDB(t)
	page, metrics := served(t, path, "--expect", file(t, "list.txt", "sub-01\nscan\tsub-02\nsub-03\n"))
	if !strings.Contains(page, "<b>2</b> of 3 done") || !strings.Contains(page, `href="table?name=scan"`) {
		t.Errorf("the page:\n%s", page)
	}
	if page, _ := served(t, path, "--expect", file(t, "list.txt", "sub-01\nsub-02\nses-01\n"), "--by", "^[^-]*"); !strings.Contains(page, `<th scope="row">sub</th><td class="n">2 of 2</td>`) || !strings.Contains(page, `<th scope="row">ses</th><td class="n">0 of 1</td>`) {
		t.Errorf("groups of expected batches:\n%s", page)
	}
	if !strings.Contains(metrics, "galley_table_rows{table=\"scan\"} 4\n") {
		t.Errorf("metrics:\n%s", metrics)
	}
}

func TestWatchPageOfASpool(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "scan.spool")
	s, err := spool.Open(t.Context(), dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Open(t.Context(), s, table.Options[scan]{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tab.AppendOnce(t.Context(), "sub-01", []scan{{Subject: "sub-01"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, metrics := served(t, dir); !strings.Contains(metrics, "galley_table_waiting_batches{table=\"scan\"} 1\n") {
		t.Errorf("metrics:\n%s", metrics)
	}
	if r := galley(t, "watch", dir, "--http", "127.0.0.1:0", "--expect", "-"); r.status != exitUsage {
		t.Errorf("--expect with a spool: %+v", r)
	}
}

func TestWatchPageRefuses(t *testing.T) {
	path := scanDB(t)
	for _, args := range [][]string{
		{"--http", "8080"}, {"--http", ""}, {"--http", ":0", "--count", "1"}, {"--http", ":0", "--json"}, {"--by", "x"}, {"--http", ":0", "--by", "x"}, {"--http", ":0", "--expect", path, "--by", "("},
	} {
		if r := galley(t, append([]string{"watch", path}, args...)...); r.status != exitUsage || r.errors == "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
	for _, args := range [][]string{{path, "--http", "127.0.0.1:99999"}, {path + "-not", "--http", ":0"}, {path, "--http", ":0", "--expect", path + "-not"}} {
		if r := galley(t, append([]string{"watch"}, args...)...); r.status != exitFailed {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

func TestNoPasswordOnThePage(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://me:secret@host/db?password=secret": "postgres://me:xxxxx@host/db",
		"postgres://host/db":                           "postgres://host/db",
		"postgres://me:%zz@host":                       "a server",
	} {
		if got := withoutPassword(url); got != want {
			t.Errorf("%s is shown as %s, want %s", url, got, want)
		}
	}
}

// A list of expected batches names each batch once, whatever the editor that wrote
// it: with a byte-order mark, line ends of Windows, blank lines and doubled keys.
func TestExpectedListAsEditorsWriteIt(t *testing.T) {
	list := file(t, "list.txt", "\uFEFFsub-01\r\n\r\nsub-02\r\nsub-01\r\nscan\tsub-02\r\n\nsub-03\r\nsub-03")
	if out := ok(t, "watch", scanDB(t), "--count", "1", "--expect", list).out; !strings.Contains(out, "3 of 4 done (75.0 %), 1 missing") {
		t.Error(out)
	}
	if r := galley(t, "watch", scanDB(t), "--count", "1", "--expect", file(t, "empty.txt", "\n\n")); r.status != exitUsage || !strings.Contains(r.errors, "empty.txt") {
		t.Errorf("an empty list: %+v", r)
	}
}
