package durable

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counted is a file that counts how often its descriptor is asked for.
type counted struct {
	*os.File
	asked int
}

func (c *counted) Fd() uintptr { c.asked++; return c.File.Fd() }

func newFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "a"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestWriteback: each megabyte that is written in sequence is passed on once.
func TestWriteback(t *testing.T) {
	f := &counted{File: newFile(t)}
	var w Writeback
	var asked []int
	for _, step := range []struct{ off, n int64 }{
		{0, 1 << 19}, {1 << 19, 1<<19 - 1}, {1<<20 - 1, 1}, // a megabyte
		{1 << 20, 3 << 20},           // more at once
		{0, 1 << 19}, {9, 1<<20 - 1}, // not in sequence
		{1<<20 + 8, 1},
	} {
		w.Wrote(f, step.off, int(step.n))
		w.Wait()
		asked = append(asked, f.asked)
	}
	if diff := cmp.Diff([]int{0, 0, 1, 2, 2, 2, 3}, asked); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	w.busy.Store(true) // one that waits is enough: the next has it all
	w.Wrote(f, 1<<20+9, 1<<20)
	if f.asked != 3 || w.from != 1<<20+9 {
		t.Errorf("%d calls, from %d, while one waits", f.asked, w.from)
	}
	new(Writeback).Wrote(new(bytes.Buffer), 0, 1<<20) // no file
}

// TestGrowing: what is written is in the file, in order.
func TestGrowing(t *testing.T) {
	f := &Growing{File: newFile(t)}
	var want []byte
	for i := range 40 {
		part := bytes.Repeat([]byte{byte(i)}, 100_000+i)
		want = append(want, part...)
		if n, err := f.Write(part); n != len(part) || err != nil {
			t.Fatalf("Write: %d, %v", n, err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file has %d bytes (%v), want the %d that were written", len(got), err, len(want))
	}
	if f.size != int64(len(want)) || f.writeback.to != f.size {
		t.Errorf("size is %d, passed on up to %d, want %d", f.size, f.writeback.to, len(want))
	}
}
