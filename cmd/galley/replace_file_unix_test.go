//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOutputIntoPipe: a pipe and a device are written to, not replaced, and a file
// of rejects that is one keeps no rows to read.
func TestOutputIntoPipe(t *testing.T) {
	path := scanDB(t)
	csv := file(t, "a.csv", "a,b\n1,2\n3\n")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"import", path, "t", csv, "--reject"}, `"line":3,"text":"3"`},
		{[]string{"profile", path, "scan", "--html"}, "</html>"},
		{[]string{"report", path, "--output"}, "</html>"},
		{[]string{"rejects", path, "scan", "--output"}, ""},
	} {
		pipe := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 1)
		go func() {
			f, err := os.Open(pipe)
			if err != nil {
				got <- err.Error()
				return
			}
			defer f.Close()
			text, _ := io.ReadAll(f)
			got <- string(text)
		}()
		ok(t, append(c.args, pipe)...)
		if text := <-got; !strings.Contains(text, c.want) {
			t.Errorf("galley %s into a pipe: %q, want %q in it", c.args[0], text, c.want)
		}
		if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
			t.Errorf("galley %s: the pipe was replaced: %v", c.args[0], err)
		}
	}
	ok(t, "import", path, "u", csv, "--reject", os.DevNull)
}
