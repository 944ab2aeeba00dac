package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
)

// Where there is no terminal, progress is a line now and then.
func TestBarLines(t *testing.T) {
	var errs bytes.Buffer
	b := (&app{errs: &errs}).bar("rows")
	b.at(1, 10, "a")
	if errs.Len() > 0 {
		t.Errorf("at once: %q", errs.String())
	}
	for _, total := range []int64{10, -1} {
		b.last = time.Now().Add(-2 * lineEvery)
		b.at(5, total, "a")
		b.at(6, total, "a")
	}
	b.end()
	if diff := cmp.Diff("a: 5 of 10 rows\na: 5 rows\n", errs.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// On a terminal there is a bar, which is gone in the end; what ran returns its
// own error.
func TestBarDuring(t *testing.T) {
	testtime.Seconds(t)
	for _, total := range []int64{8, -1} {
		var errs bytes.Buffer
		measured, failed := make(chan struct{}), errors.New("failed")
		n := int64(0)
		measure := func() int64 {
			if n += 5; n == 15 {
				close(measured)
			}
			return n
		}
		err := (&app{errs: &errs, live: true}).bar("bytes").during("working", total, measure, func() error {
			<-measured
			return failed
		})
		if err != failed {
			t.Errorf("total %d: %v, want %v", total, err, failed)
		}
		if text := errs.String(); !strings.Contains(text, "working") || strings.TrimSpace(text[strings.LastIndex(text, "working")+7:]) == "" || !strings.HasSuffix(text, "\r") {
			t.Errorf("total %d: %q", total, text)
		}
	}
}
