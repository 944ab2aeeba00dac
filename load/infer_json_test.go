package load

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/jsonrow"
)

// TestLongObjectsAreGivenUp: a block keeps no memory of an object with many values,
// of which a single object may have millions.
func TestLongObjectsAreGivenUp(t *testing.T) {
	long := "{" + strings.Repeat(`"a":1,`, objectBytes+1) + `"a":1}`
	rows := jsonrow.NewReader(strings.NewReader(long + "\n" + `{"b":2}`))
	var b objects
	if isLong, err := b.fill(rows); !isLong || err != nil {
		t.Fatalf("long: %t, %v", isLong, err)
	}
	b.split()
	if n := len(b.membersOf(0)); n != objectBytes+2 || b.all[0].err != nil {
		t.Errorf("%d values, %v; want %d", n, b.all[0].err, objectBytes+2)
	}
	if _, err := b.fill(rows); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	b.split()
	if m := b.membersOf(0); len(m) != 1 || m[0].name != "b" || string(m[0].raw) != "2" {
		t.Errorf("the next object has %v", m)
	}
	if cap(b.Text) > 4*objectBytes || cap(b.members) > objectBytes {
		t.Errorf("the block keeps %d bytes and %d values", cap(b.Text), cap(b.members))
	}
}
