package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// onTerminal runs the command with a terminal for both outputs, and returns
// what the terminal got. It skips the test where there are no terminals.
func onTerminal(t *testing.T, args ...string) (status int, text string) {
	t.Helper()
	return onTerminalOf(t, unix.Winsize{}, args...)
}

// onTerminalOf is onTerminal with a terminal of this size.
func onTerminalOf(t *testing.T, size unix.Winsize, args ...string) (status int, text string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &size); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	var read sync.WaitGroup
	read.Go(func() { _, _ = io.Copy(&got, master) }) // ends with an error when the slave is closed
	status = run(t.Context(), args, strings.NewReader(""), slave, slave)
	if err := slave.Close(); err != nil {
		t.Error(err)
	}
	read.Wait()
	_ = master.Close()
	return status, got.String()
}

// Color is for a terminal that may be colored, and never for JSON.
func TestColour(t *testing.T) {
	path := scanDB(t)
	for _, test := range []struct {
		term, noColour string
		json, want     bool
	}{
		{"xterm", "", false, true},
		{"xterm", "1", false, false},
		{"xterm", "0", false, false}, // whatever its value
		{"dumb", "", false, false},
		{"xterm", "", true, false},
	} {
		t.Setenv("TERM", test.term)
		t.Setenv("NO_COLOR", test.noColour)
		for _, args := range [][]string{{"head", path, "scan"}, {"doctor", path, "--quick"}, {"status", path}, {"profile", path, "scan"}} {
			if test.json {
				args = append(args, "--json")
			}
			status, text := onTerminal(t, args...)
			if status != exitDone || strings.Contains(text, "\x1b[1m") != test.want && strings.Contains(text, "\x1b[32m") != test.want {
				t.Errorf("TERM=%s NO_COLOR=%s galley %s: status %d, want colour %t:\n%q", test.term, test.noColour, strings.Join(args, " "), status, test.want, text)
			}
		}
	}
}

// On a terminal watch renews the screen.
func TestWatchScreen(t *testing.T) {
	path := scanDB(t)
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	status, text := onTerminal(t, "watch", path, "--count", "2", "--every", "10ms")
	if status != exitDone || strings.Count(text, "\x1b[H") != 2 || !strings.Contains(text, "rows/s") || !strings.Contains(text, "write lock") {
		t.Errorf("status %d:\n%q", status, text)
	}
}

// On a terminal watch draws the expected batches as a bar, also by group, and the
// rates before.
func TestWatchScreenOfExpectedBatches(t *testing.T) {
	path := scanDB(t)
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	status, text := onTerminal(t, "watch", path, "--count", "2", "--every", "10ms", "--expect", file(t, "list.txt", "sub-01\nsub-02\nses-01\nses-02\n"), "--by", "^[a-z]+")
	for _, want := range []string{"███████████████░░░░░░░░░░░░░░░ 2 of 4 done (50.0 %), 2 missing, 0 with rejected rows; about ", "██████████████████████████████ sub: 2 of 2 done", "░ ses: 0 of 2 done", "rows/s before"} {
		if status != exitDone || !strings.Contains(text, want) {
			t.Errorf("status %d, no %q:\n%q", status, want, text)
		}
	}
}

// A table is cut to the terminal; --wide, another form and a pipe are not.
func TestTableFitsTheTerminal(t *testing.T) {
	path := scanDB(t)
	t.Setenv("TERM", "dumb")
	long := "SELECT 1 AS n, '" + strings.Repeat("long ", 60) + "' AS text"
	narrow := unix.Winsize{Row: 24, Col: 50}
	longest := func(text string) (n int) {
		for line := range strings.Lines(text) {
			n = max(n, len([]rune(strings.TrimRight(line, "\r\n"))))
		}
		return n
	}
	if status, text := onTerminalOf(t, narrow, "query", path, long); status != exitDone || longest(text) != 50 || !strings.Contains(text, "…") {
		t.Errorf("status %d, %d characters:\n%s", status, longest(text), text)
	}
	for _, args := range [][]string{{"--wide"}, {"-o", "csv"}, {"-o", "vertical"}} {
		if status, text := onTerminalOf(t, narrow, append([]string{"query", path, long}, args...)...); status != exitDone || longest(text) < 300 {
			t.Errorf("%q: status %d, %d characters", args, status, longest(text))
		}
	}
}

// A result that is longer than the screen goes through PAGER, a shorter one does not,
// and the verb succeeds when the pager is closed early.
func TestPager(t *testing.T) {
	path := scanDB(t)
	t.Setenv("TERM", "dumb")
	screen := unix.Winsize{Row: 10, Col: 80}
	numbers := func(n int) string {
		return fmt.Sprintf("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n FROM c", n)
	}
	for _, test := range []struct {
		pager string
		rows  int
		want  string
		not   string
	}{
		{"sed s/^/paged:/", 50, "paged:50", ""},
		{"sed s/^/paged:/", 3, "3", "paged"},
		{"", 50, "50", "paged"},
		{"head -n 1", 100_000, "n", "99999"},
	} {
		t.Setenv("PAGER", test.pager)
		status, text := onTerminalOf(t, screen, "query", path, numbers(test.rows), "-o", "csv")
		if status != exitDone || !strings.Contains(text, test.want) || test.not != "" && strings.Contains(text, test.not) {
			t.Errorf("PAGER=%q, %d rows: status %d\n%.300s", test.pager, test.rows, status, text)
		}
	}
	t.Setenv("PAGER", "sed s/^/paged:/")
	if r := ok(t, "query", path, numbers(50), "-o", "csv"); strings.Contains(r.out, "paged") {
		t.Errorf("a pipe is paged:\n%s", r.out)
	}
}
