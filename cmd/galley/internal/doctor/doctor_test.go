package doctor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/holder"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// roleVar makes the test binary a process that has a database open.
const roleVar = "GALLEY_DOCTOR_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVar)
	if role == "" {
		goleak.VerifyTestMain(testtime.Tests{M: m})
		return
	}
	if err := hold(role, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// hold opens a database, reads or writes it, says so, and stays like that
// until standard input ends.
func hold(role, path string) error {
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	stay := func() error {
		fmt.Println("ready")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	switch role {
	case "read":
		tbl, err := table.Open(context.Background(), db, table.Options[row]{})
		if err != nil {
			return err
		}
		for range tbl.All(context.Background()) {
			return stay()
		}
	case "write":
		c, err := sqlite3.Open(path)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Exec("BEGIN IMMEDIATE"); err != nil {
			return err
		}
	}
	return stay()
}

type row struct {
	A string
	B int64
}

func newDB(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), db, table.Options[row]{})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]row, 1000)
	for i := range rows {
		rows[i] = row{fmt.Sprint("some text ", i), int64(i)}
	}
	for _, key := range []string{"one", "two"} {
		if _, err := tbl.AppendOnce(t.Context(), key, rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// start starts a process that holds the database; it ends with the test.
func start(t *testing.T, role, path string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], path)
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd.Process.Pid
}

func TestHolders(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not report who has a file open; run it on Linux")
	}
	for _, test := range []struct {
		role             string
		reading, writing bool
	}{{"open", false, false}, {"read", true, false}, {"write", false, true}} {
		t.Run(test.role, func(t *testing.T) {
			path := newDB(t)
			if h, _, err := holder.Of(path); len(h) > 0 || err != nil {
				t.Errorf("before: %v, %v", h, err)
			}
			pid := start(t, test.role, path)
			holders, _, err := holder.Of(path)
			if err != nil || len(holders) != 1 {
				t.Fatalf("%v, %v; want one", holders, err)
			}
			h := holders[0]
			if h.PID != pid || h.Started.IsZero() || !strings.Contains(h.Command, "doctor.test") {
				t.Errorf("%+v, want process %d", h, pid)
			}
			if h.Writing != test.writing || !h.Writing && h.Reading != test.reading {
				t.Errorf("%+v, want reading %t, writing %t", h, test.reading, test.writing)
			}
		})
	}
}

func examine(t *testing.T, path string) map[string]Finding {
	t.Helper()
	found, err := Examine(t.Context(), path, true)
	if err != nil {
		t.Fatal(err)
	}
	worst := map[string]Finding{}
	for _, f := range found {
		if old, ok := worst[f.Check]; !ok || old.Level == Fine || f.Level == Problem {
			worst[f.Check] = f
		}
		if f.Level == Problem && f.Do == "" && f.Check != "foreign tables" {
			t.Errorf("%s: %s: it does not say what to do", f.Check, f.Text)
		}
	}
	return worst
}

func TestHealthyFileHasNoProblem(t *testing.T) {
	for check, f := range examine(t, newDB(t)) {
		if f.Level == Problem {
			t.Errorf("%s: %s", check, f.Text)
		}
	}
}

// exec runs SQL as another program would.
func sql(t *testing.T, path, text string) {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Exec(text); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestEachProblemIsFound(t *testing.T) {
	testtime.Seconds(t)
	for _, test := range []struct {
		name  string
		harm  func(t *testing.T, path string)
		check string
		level Level
		text  string
	}{
		{"gone", func(t *testing.T, path string) { remove(t, path) }, "file", Problem, "does not exist"},
		{"garbage", func(t *testing.T, path string) { overwrite(t, path, 0, "no database at all") }, "open", Problem, "not a galley database"},
		{"damaged", func(t *testing.T, path string) { overwrite(t, path, -20_000, strings.Repeat("\xff", 4000)) }, "integrity", Problem, ""},
		{"deleted rows", func(t *testing.T, path string) { sql(t, path, "DELETE FROM row WHERE b < 10") }, "ledger of row", Problem, "stored 2000 rows, and the table has only 1980"},
		{"altered", func(t *testing.T, path string) { sql(t, path, "ALTER TABLE row ADD COLUMN c TEXT") }, "table row", Problem, "altered"},
		{"dropped", func(t *testing.T, path string) { sql(t, path, "DROP TABLE row") }, "table row", Problem, "dropped"},
		{"foreign table", func(t *testing.T, path string) { sql(t, path, "CREATE TABLE mine (x)") }, "foreign tables", Note, "mine"},
		{"journal", func(t *testing.T, path string) { write(t, path+"-journal") }, "foreign files", Problem, "-journal"},
		{"left behind", func(t *testing.T, path string) { write(t, path+".new-0123") }, "foreign files", Note, ".new-0123"},
		{"two names", func(t *testing.T, path string) {
			if err := os.Link(path, path+"2"); err != nil {
				t.Skip(err)
			}
		}, "links", Problem, "2 names"},
		{"permissions", func(t *testing.T, path string) {
			if runtime.GOOS == "windows" {
				t.Skip("permissions are not used here")
			}
			write(t, path+"-wal")
			if err := os.Chmod(path+"-wal", 0o666); err != nil {
				t.Fatal(err)
			}
		}, "permissions", Problem, "wider"},
		{"other users can write", func(t *testing.T, path string) {
			if runtime.GOOS == "windows" {
				t.Skip("permissions are not used here")
			}
			if err := os.Chmod(path, 0o622); err != nil {
				t.Fatal(err)
			}
		}, "permissions", Note, "other users can write to the file"},
		{"beside it", func(t *testing.T, path string) { write(t, path+"-old") }, "foreign files", Note, "not one of galley's"},
		{"free pages", func(t *testing.T, path string) { sql(t, path, "INSERT INTO row SELECT * FROM row; DELETE FROM row") }, "free pages", Note, "% of the file is free"},
		{"rejected rows", func(t *testing.T, path string) { sql(t, path, "CREATE TABLE row_rejected (row)") }, "rejected rows", Note, "row_rejected"},
		{"long WAL", func(t *testing.T, path string) {
			write(t, path+"-wal")
			if err := os.Truncate(path+"-wal", largeWAL+1); err != nil {
				t.Fatal(err)
			}
		}, "WAL", Note, "64.0 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := newDB(t)
			test.harm(t, path)
			f := examine(t, path)[test.check]
			if f.Level != test.level || !strings.Contains(f.Text, test.text) {
				t.Errorf("%s: %+v, want %s that says %q", test.check, f, test.level, test.text)
			}
		})
	}
}

// A file system that hosts share is a problem, and one that is not known is
// none.
func TestFileSystem(t *testing.T) {
	for _, test := range []struct {
		fs    fileid.FS
		err   error
		level Level
		text  string
	}{
		{fileid.FS{Name: "nfs", Unsafe: true}, nil, Problem, "nfs: locks and shared memory do not work"},
		{fileid.FS{Name: "ext4"}, nil, Fine, "ext4"},
		{fileid.FS{}, errors.New("not permitted"), Note, "not permitted"},
	} {
		e := &examination{path: "a.db"}
		e.system(test.fs, test.err)
		if f := e.found[0]; len(e.found) != 1 || f.Level != test.level || !strings.Contains(f.Text, test.text) || (f.Do == "") != (test.level != Problem) {
			t.Errorf("%+v: %+v", test.fs, e.found)
		}
	}
}

// A process that reads is named where the WAL is long.
func TestLongReader(t *testing.T) {
	testtime.Seconds(t)
	if runtime.GOOS != "linux" {
		t.Skip("the system does not report who has a file open; run it on Linux")
	}
	path := newDB(t)
	pid := start(t, "read", path)
	if h, _, err := holder.Of(path); err != nil || len(h) != 1 || h[0].Behind != 0 {
		t.Errorf("before anything was written: %v, %v", h, err)
	}
	sql(t, path, "UPDATE row SET a = 'another text'")
	h, _, err := holder.Of(path)
	if err != nil || len(h) != 1 || h[0].Behind < 16_384 || !strings.Contains(Describe(h[0]), "the state from before the last "+Size(h[0].Behind)) {
		t.Errorf("after an update: %v, %v", h, err)
	}
	if err := os.Truncate(path+"-wal", largeWAL+1); err != nil {
		t.Fatal(err)
	}
	f := examine(t, path)["WAL"]
	if f.Level != Problem || !strings.Contains(f.Text, fmt.Sprintf("process %d", pid)) {
		t.Errorf("%+v, want a problem that names process %d", f, pid)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// overwrite writes into the file at an offset, from its end if negative.
func overwrite(t *testing.T, path string, at int64, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if at < 0 {
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		at += info.Size()
	}
	if _, err := f.WriteAt([]byte(text), at); err != nil {
		t.Fatal(err)
	}
}
