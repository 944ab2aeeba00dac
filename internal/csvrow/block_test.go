package csvrow

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// inBlocks is read by way of blocks of so many records.
func inBlocks(text string, records int) (all []string, err error) {
	ahead := ReadAhead[int](NewReader(strings.NewReader(text), ','), false, records, func(b *Batch[int]) { b.Of = b.Len() })
	defer ahead.Stop()
	for {
		b, err := ahead.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		if b.Of != b.Len() {
			return all, fmt.Errorf("the work saw %d records of %d", b.Of, b.Len())
		}
		for k := range b.Len() {
			if b.Err(k) != nil {
				all = append(all, fmt.Sprintf("%d!%s", b.Line(k), b.Text(k)))
				continue
			}
			record := fmt.Sprintf("%d", b.Line(k))
			fields := b.Fields(k)
			for i := range fields.Len() {
				if f, quoted := fields.At(i); quoted {
					record += fmt.Sprintf("|%q", f)
				} else {
					record += fmt.Sprintf("|%s", f)
				}
			}
			all = append(all, record)
		}
		ahead.Release(b)
	}
}

// TestBlocksHoldTheRecords compares blocks with reading record by record.
func TestBlocksHoldTheRecords(t *testing.T) {
	part := rapid.SampledFrom([]string{"a", "7", ",", "\"", "\"\"", "\n", "\r\n", "\r", " ", "\ufeff", "\n1,\"x\ny\",2\n"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(part, 0, 60).Draw(t, "text"), "")
		records := rapid.IntRange(1, 5).Draw(t, "records")
		want, err := read(strings.NewReader(text))
		have, otherErr := inBlocks(text, records)
		if fmt.Sprint(err) != fmt.Sprint(otherErr) || strings.Join(want, "\n") != strings.Join(have, "\n") {
			t.Fatalf("blocks of %d: %q, %v; want %q, %v", records, have, otherErr, want, err)
		}
	})
}

// TestLongRecordsAreAlone reads records that are longer than a block among short ones.
func TestLongRecordsAreAlone(t *testing.T) {
	long := strings.Repeat("long ", blockBytes)
	text := "a,b\n1,x\n2,\"" + long + "\"\n3,y\n4," + long + "\n"
	want, err := read(strings.NewReader(text))
	have, otherErr := inBlocks(text, 100)
	if err != nil || otherErr != nil || strings.Join(want, "\n") != strings.Join(have, "\n") {
		t.Errorf("%d records, %v; want %d, %v", len(have), otherErr, len(want), err)
	}
}

// TestStopEndsTheReading stops with batches that were not given back.
func TestStopEndsTheReading(t *testing.T) {
	for _, text := range []string{strings.Repeat("1,2\n", 1000), "1,2\n2," + strings.Repeat("x", 5*blockBytes) + "\n3,4\n"} {
		ahead := ReadAhead[int](NewReader(strings.NewReader(text), ','), false, 2, nil)
		if b, err := ahead.Next(); err != nil || b.Len() != 2 {
			t.Fatalf("%v", err)
		}
		ahead.Stop()
		ahead.Stop()
	}
}

// TestPanicsAreTheCallers: a panic of the reader below, or of the work on a block,
// reaches the caller of Next, and Stop ends the rest.
func TestPanicsAreTheCallers(t *testing.T) {
	next := func(r io.Reader, work func(*Batch[int])) (panicked any) {
		ahead := ReadAhead(NewReader(r, ','), false, 2, work)
		defer ahead.Stop()
		defer func() { panicked = recover() }()
		for {
			b, err := ahead.Next()
			if err != nil {
				t.Errorf("an error instead of a panic: %v", err)
				return nil
			}
			ahead.Release(b)
		}
	}
	text := strings.Repeat("1,2\n", 1000)
	if p := next(strings.NewReader(text), func(b *Batch[int]) {
		if b.Line(0) > 500 {
			panic("work")
		}
	}); p != "work" {
		t.Errorf("the work: %v", p)
	}
	if p := next(io.MultiReader(strings.NewReader(text), panicking{}), nil); p != "reader" {
		t.Errorf("the reader: %v", p)
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("reader") }
