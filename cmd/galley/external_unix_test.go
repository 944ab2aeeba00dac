//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// install puts a program called galley-NAME, a script, into a PATH of its own.
func install(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "galley-"+name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestVerbOfAnotherProgram: an unknown verb runs galley-VERB with the arguments as they
// are, input, both outputs and the exit status.
func TestVerbOfAnotherProgram(t *testing.T) {
	install(t, "greet", `read line; echo "$# $1 $line"; echo warned >&2; exit 7`)
	var out, errs bytes.Buffer
	status := run(t.Context(), []string{"greet", "--json", "a b", "-h"}, strings.NewReader("from stdin\n"), &out, &errs)
	if status != 7 || out.String() != "3 --json from stdin\n" || errs.String() != "warned\n" {
		t.Errorf("status %d, output %q, errors %q", status, out.String(), errs.String())
	}
}

// TestOwnVerbsComeFirst: a program does not replace a verb of galley, and one that
// does not exist, or whose name is a path, is an unknown verb.
func TestOwnVerbsComeFirst(t *testing.T) {
	install(t, "status", "echo the other program")
	for args, want := range map[string]string{
		"status":        "FILE is missing",
		"help status":   "",
		"frobnicate":    `unknown command "frobnicate"`,
		"../status":     `unknown command "../status"`,
		"--json status": "FILE is missing",
	} {
		var out, errs bytes.Buffer
		status := run(t.Context(), strings.Fields(args), strings.NewReader(""), &out, &errs)
		if strings.Contains(out.String(), "other program") || !strings.Contains(errs.String(), want) || (want == "") != (status == exitDone) {
			t.Errorf("%s: status %d, output %.60q, errors %q, want %q", args, status, out.String(), errs.String(), want)
		}
	}
}

// TestExternalProgramIsInterrupted: the end of the context interrupts the program, and
// galley waits for its end.
func TestExternalProgramIsInterrupted(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "ended")
	install(t, "wait", `trap 'echo ended > "$1"; exit 3' INT; echo started; while :; do read line || :; done`)
	ctx, cancel := context.WithCancel(t.Context())
	in, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	defer in.Close()
	var errs bytes.Buffer
	status := run(ctx, []string{"wait", fifo}, in, callback(func(p []byte) (int, error) {
		cancel()
		_ = hold.Close()
		return len(p), nil
	}), &errs)
	if text, err := os.ReadFile(fifo); status != exitInterrupted || string(text) != "ended\n" || err != nil {
		t.Errorf("status %d, the program left %q, %v; errors %q", status, text, err, errs.String())
	}
}

type callback func([]byte) (int, error)

func (f callback) Write(p []byte) (int, error) { return f(p) }
