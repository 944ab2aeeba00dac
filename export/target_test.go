package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/folderlock"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
)

// pauseVar makes the test binary an exporter that says where it is, and pauses
// before a step until its standard input has a line.
const pauseVar = "GALLEY_EXPORT_PAUSE"

// exportAndTell merges a database into a folder and clears it.
func exportAndTell(path, dir, pause string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	opts := Options{Dir: dir, Format: formats.CSV, Existing: Merge, Clear: true,
		Waiting: func(holder string) { fmt.Println("waits for", holder) },
		step: func(name string) error {
			if name != pause {
				return nil
			}
			fmt.Println("pauses")
			_, err := bufio.NewReader(os.Stdin).ReadString('\n')
			return err
		},
	}
	_, err = Write(ctx, db, opts)
	err = errors.Join(err, db.Close())
	if err == nil {
		fmt.Println("done")
	}
	return err
}

// exporter is a process that exports.
type exporter struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func startExporter(t *testing.T, path, dir, pause string) *exporter {
	t.Helper()
	e := &exporter{cmd: exec.CommandContext(t.Context(), os.Args[0], path, dir)}
	e.cmd.Env = append(os.Environ(), pauseVar+"="+pause)
	e.cmd.Stderr = os.Stderr
	out, err := e.cmd.StdoutPipe()
	if err == nil {
		e.in, err = e.cmd.StdinPipe()
	}
	if err == nil {
		err = e.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	e.lines = bufio.NewScanner(out)
	return e
}

// says checks the next line of the process.
func (e *exporter) says(t *testing.T, want string) {
	t.Helper()
	if !e.lines.Scan() || !strings.HasPrefix(e.lines.Text(), want) {
		t.Errorf("the exporter says %q, want %q", e.lines.Text(), want)
	}
}

// Two processes merge into one folder and clear their databases. The second
// waits for the first, which has read the earlier file and not replaced it yet,
// or which is killed there. The rows of both are in the file.
func TestMergesOfTwoProcesses(t *testing.T) {
	testtime.Seconds(t)
	for _, kill := range []bool{false, true} {
		root := t.TempDir()
		dir := filepath.Join(root, "out")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, subject := range []string{"a", "b"} {
			path := filepath.Join(root, subject+".db")
			db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			fixture.NewTable(t, db, "region", []fixture.Region{{Subject: subject, Name: "x", Volume: 1}})
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
		first := startExporter(t, paths[0], dir, "rename region.csv")
		first.says(t, "pauses")
		second := startExporter(t, paths[1], dir, "no step")
		second.says(t, fmt.Sprintf("waits for process %d on ", first.cmd.Process.Pid))
		want := []fixture.Region{{Subject: "a", Name: "x", Volume: 1}, {Subject: "b", Name: "x", Volume: 1}}
		if kill {
			want = want[1:]
			if err := first.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		} else if _, err := io.WriteString(first.in, "\n"); err != nil {
			t.Fatal(err)
		}
		if !kill {
			first.says(t, "done")
		}
		second.says(t, "done")
		if err := first.cmd.Wait(); (err != nil) != kill {
			t.Errorf("the first exporter: %v", err)
		}
		if err := second.cmd.Wait(); err != nil {
			t.Errorf("the second exporter: %v", err)
		}
		if diff := cmp.Diff(want, read(t, filepath.Join(dir, "region.csv"))); diff != "" {
			t.Errorf("killed %v: rows (-want +got):\n%s", kill, diff)
		}
		leftovers(t, dir, "manifest.json", "region.csv")
		for i, path := range paths {
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) == (kill && i == 0) {
				t.Errorf("killed %v: database %d: %v", kill, i, err)
			}
		}
	}
}

// An export that waits for another ends with its context, and names the process
// that it waited for.
func TestWaitForExportEnds(t *testing.T) {
	db, dir := fixture.NewDB(t), t.TempDir()
	fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "a"}})
	l, err := folderlock.Acquire(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Write(ctx, db, Options{Dir: dir, Waiting: func(string) { cancel() }})
	if want := fmt.Sprintf("waited for process %d on ", os.Getpid()); !errors.Is(err, context.Canceled) || !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("%v, want %v and %q", err, context.Canceled, want)
	}
}

// A file that is a symbolic link stays one. Its target gets the rows, also in
// another folder, which is locked too.
func TestSymbolicLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	for _, existing := range []Existing{Merge, Replace} {
		db, dir, elsewhere := fixture.NewDB(t), t.TempDir(), t.TempDir()
		target := filepath.Join(elsewhere, "data.csv")
		fixture.NewTable(t, db, "region", []fixture.Region{{Subject: "b", Name: "x", Volume: 2}})
		if err := os.WriteFile(target, []byte("subject,name,volume,count\na,x,1,\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(dir, "region.csv")
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(elsewhere, "m.json"), filepath.Join(dir, ManifestName)); err != nil {
			t.Fatal(err)
		}
		opts := Options{Dir: dir, Format: formats.CSV, Existing: existing}
		if _, err := Write(t.Context(), db, opts); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(fmt.Sprint(err), "does not exist") {
			t.Errorf("a link to nothing: %v", err)
		}
		if err := os.WriteFile(filepath.Join(elsewhere, "m.json"), []byte(`{"galley":1}`), 0o600); err != nil {
			t.Fatal(err)
		}
		opts.step = func(name string) error {
			if name == "rename region.csv" {
				leftovers(t, dir, folderlock.Name, "manifest.json", "region.csv")
				if _, err := os.Stat(filepath.Join(elsewhere, folderlock.Name)); err != nil {
					t.Errorf("the target's folder is not locked: %v", err)
				}
			}
			return nil
		}
		if _, err := Write(t.Context(), db, opts); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{link, filepath.Join(dir, ManifestName)} {
			if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("%s is not a link any more: %v, %v", path, info, err)
			}
		}
		want := []fixture.Region{{Subject: "a", Name: "x", Volume: 1}, {Subject: "b", Name: "x", Volume: 2}}
		if existing == Replace {
			want = want[1:]
		}
		if diff := cmp.Diff(want, read(t, target)); diff != "" {
			t.Errorf("rows of the target (-want +got):\n%s", diff)
		}
		leftovers(t, elsewhere, "data.csv", "m.json")
	}
}
