package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/store/sqlite"
)

// TestFailedVerbLeavesNoFile: a verb that fails before it has stored anything removes
// the database that it has created, but not one that existed before or that another process
// has open.
func TestFailedVerbLeavesNoFile(t *testing.T) {
	bad := file(t, "bad.csv", "a,b\n1,2\n3\n")
	absent := filepath.Join(t.TempDir(), "absent")
	for _, args := range [][]string{
		{"import", "DST", "t", absent + ".csv"},
		{"import", "DST", "t", bad},
		{"import", "DST", "t", bad, "--reject", bad},
		{"collect", "DST", absent},
		{"collect", "DST", t.TempDir()},
		{"merge", "DST", absent + ".db"},
		{"copy", spooled(t, "a"), "DST"},
	} {
		t.Run(strings.Join(args[:1], " "), func(t *testing.T) {
			for _, there := range []bool{false, true} {
				dst := filepath.Join(t.TempDir(), "dst.db")
				if there {
					db, err := sqlite.Open(t.Context(), dst, sqlite.Options{})
					if err != nil {
						t.Fatal(err)
					}
					if err := db.Close(); err != nil {
						t.Fatal(err)
					}
				}
				r := galley(t, strings.Split(strings.ReplaceAll(strings.Join(args, "\n"), "DST", dst), "\n")...)
				if r.status == exitDone {
					t.Fatalf("%q: %+v, want a failure", args, r)
				}
				left, err := filepath.Glob(dst + "*")
				if err != nil {
					t.Fatal(err)
				}
				if (len(left) > 0) != there {
					t.Errorf("%q: the file was there: %t; left: %q", args, there, left)
				}
			}
		})
	}
}

// TestInterruptedVerbLeavesNoFile: an import that is stopped before it has stored
// anything removes the database that it has created.
func TestInterruptedVerbLeavesNoFile(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "dst.db")
	ctx, stop := context.WithCancel(t.Context())
	in, out := io.Pipe()
	go func() {
		_, _ = io.WriteString(out, "a,b\n1,2\n")
		stop()
		_ = out.Close()
	}()
	var printed, errs strings.Builder
	if status := run(ctx, []string{"import", dst, "t", "-"}, in, &printed, &errs); status != exitInterrupted {
		t.Errorf("status %d: %s", status, errs.String())
	}
	if left, err := filepath.Glob(dst + "*"); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}

// TestFailedVerbKeepsWhatOthersStore: the database that a failed verb has created stays
// once it has a table, and while another process has it open.
func TestFailedVerbKeepsWhatOthersStore(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "dst.db")
	good, bad := file(t, "a.csv", "a,b\n1,2\n"), file(t, "b.csv", "a,b\n1\n")
	if r := galley(t, "import", dst, "t", good, bad); r.status != exitFailed {
		t.Fatalf("%+v", r)
	}
	if r := ok(t, "query", dst, "SELECT count(*) FROM t", "-f", "csv"); !strings.HasSuffix(r.out, "\n1\n") {
		t.Errorf("rows: %s", r.out)
	}
	dst = filepath.Join(t.TempDir(), "dst.db")
	d, err := openDestination(t.Context(), dst, postgres.Options{}, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := holding(t, dst)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.close(errReported); !errors.Is(err, errReported) {
		t.Errorf("close: %v", err)
	}
	if _, err := os.Stat(dst); err != nil {
		t.Errorf("the file that another process has open: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // its error is that it was killed
}

// TestCopyIntoItself: a copy of a file into itself, however its path is spelled, is
// refused by name.
func TestCopyIntoItself(t *testing.T) {
	path := scanDB(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	for _, dst := range []string{path, link} {
		if r := galley(t, "copy", path, dst); r.status != exitUsage || !strings.Contains(r.errors, "are the same file, "+path) {
			t.Errorf("copy to %s: %+v", dst, r)
		}
	}
}

// interrupting is standard input that interrupts its reader.
type interrupting struct{ stop func() }

func (i interrupting) Read([]byte) (int, error) {
	i.stop()
	return 0, io.EOF
}

// TestInterruptedImportSaysWhatIsStored: an import that is stopped between 2 files says
// how many are stored, and the same import stores the rest.
func TestInterruptedImportSaysWhatIsStored(t *testing.T) {
	dst, csv := filepath.Join(t.TempDir(), "dst.db"), file(t, "a.csv", "a\n1\n")
	ok(t, "import", dst, "t", csv, "--key", "first")
	ctx, stop := context.WithCancel(t.Context())
	var printed, errs strings.Builder
	status := run(ctx, []string{"import", dst, "t", csv, "-", "-f", "csv"}, interrupting{stop}, &printed, &errs)
	want := "1 of 2 files are stored\nrun the same import again to store the rest\n" + interrupted + "\n"
	if status != exitInterrupted || printed.String() != "" || errs.String() != want {
		t.Errorf("status %d, %q, %q; want %q", status, &printed, &errs, want)
	}
	r := galleyIn(t, "a\n2\n", "import", dst, "t", csv, "-", "-f", "csv")
	if r.status != exitDone || !strings.HasPrefix(r.out, "1 files stored, 1 skipped, 0 failed; 1 rows") {
		t.Errorf("again: %+v", r)
	}
}
