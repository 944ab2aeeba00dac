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
