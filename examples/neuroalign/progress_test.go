package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/schollz/progressbar/v3"
)

func TestProgressInTenths(t *testing.T) {
	for _, test := range []struct {
		tasks int64
		want  []string
	}{
		{0, nil},
		{1, []string{"1 of 1 tasks"}},
		{3, []string{"1 of 3 tasks", "2 of 3 tasks", "3 of 3 tasks"}},
		{25, []string{
			"3 of 25 tasks", "5 of 25 tasks", "8 of 25 tasks", "10 of 25 tasks", "13 of 25 tasks",
			"15 of 25 tasks", "18 of 25 tasks", "20 of 25 tasks", "23 of 25 tasks", "25 of 25 tasks",
		}},
	} {
		var b bytes.Buffer
		p := newProgress(&b, test.tasks)
		for range test.tasks {
			p.advance()
		}
		p.close()
		var got []string
		for line := range strings.Lines(b.String()) {
			got = append(got, strings.TrimSuffix(line, "\n"))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%d tasks (-want +got):\n%s", test.tasks, diff)
		}
	}
}

func TestIsTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if isTerminal(f) || isTerminal(&bytes.Buffer{}) {
		t.Error("a file and a buffer are terminals")
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if !isTerminal(null) {
		t.Errorf("%s is no character device", os.DevNull)
	}
}

// A line that is said stands alone, and the bar goes on below it.
func TestProgressBarStandsAlone(t *testing.T) {
	var b bytes.Buffer
	p := &bar{w: &b, bar: progressbar.NewOptions64(2, progressbar.OptionSetWriter(&b), progressbar.OptionShowCount())}
	p.advance()
	p.say("failed: sub-02")
	p.advance()
	p.close()
	text := b.String()
	before, after, found := strings.Cut(text, "\rfailed: sub-02\n")
	if !found || !strings.Contains(before, "(1/2") || !strings.HasPrefix(after, "\r") || !strings.Contains(after, "(1/2") || !strings.Contains(after, "(2/2") || !strings.HasSuffix(text, "\n") {
		t.Errorf("the bar wrote %q", text)
	}
}
