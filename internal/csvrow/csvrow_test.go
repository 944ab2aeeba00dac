package csvrow

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// read returns the records of a text: line, fields, and "!" with the text of a
// record whose quotes do not pair.
func read(r io.Reader) (all []string, err error) {
	rows := NewReader(r, ',')
	for {
		err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case errors.Is(err, ErrQuote):
			all = append(all, fmt.Sprintf("%d!%s", rows.Line(), rows.Text()))
			continue
		case err != nil:
			return all, err
		}
		record := fmt.Sprintf("%d", rows.Line())
		for i, f := range rows.Fields() {
			if rows.Quoted(i) {
				record += fmt.Sprintf("|%q", f)
			} else {
				record += fmt.Sprintf("|%s", f)
			}
		}
		all = append(all, record)
	}
}

func TestRecordsAreCut(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"a,b\n1,2\n", []string{"1|a|b", "2|1|2"}},
		{"\ufeffa,b\r\n1,\"x, \"\"y\"\"\"\r\n\r\n,\"\"", []string{"1|a|b", `2|1|"x, \"y\""`, `4||""`}},
		{"a,b\r1,2\r3,4", []string{"1|a|b", "2|1|2", "3|3|4"}},
		{"a,b\r\"1\r2\",2\r\n3,4\n5,6\r", []string{"1|a|b", `2|"1\r2"|2`, "4|3|4", "5|5|6"}},
		{"a,b\nx\ry,2\n", []string{"1|a|b", "2|x\ry|2"}},
		{"a\n\n1\n", []string{"1|a", "2|", "3|1"}},
		{"a,b\n1,\"two\nlines\"\n2,x\n", []string{"1|a|b", `2|1|"two\nlines"`, "4|2|x"}},
		// Lines behind a quote that does not pair are records of their own.
		{"a,b\n1,x\n2,\"unclosed\n3,y\n4,z\n", []string{"1|a|b", "2|1|x", `3!2,"unclosed`, "4|3|y", "5|4|z"}},
		{"a,b\n1,\"x\n2,y\n3,z\n4,\"w\"\n5,v\n", []string{"1|a|b", `2!1,"x`, "3|2|y", "4|3|z", `5|4|"w"`, "6|5|v"}},
		{"a,b\n1,\"x\"y\n2,z", []string{"1|a|b", `2!1,"x"y`, "3|2|z"}},
		{"a,b\r\n1,\"x", []string{"1|a|b", `2!1,"x`}},
		{"a,b\r\n1,2\r", []string{"1|a|b", "2|1|2"}}, // cut within a line end
		{"a,b\n1,\"2\"\r", []string{"1|a|b", `2|1|"2"`}},
	} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
			have, err := read(wrap(strings.NewReader(test.text)))
			if err != nil || !reflect.DeepEqual(have, test.want) {
				t.Errorf("%q, %s: %q, %v; want %q", test.text, name, have, err, test.want)
			}
		}
	}
}

func TestReadErrorsEndTheReading(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"", "a,b\n", "a,b\n1,\"x", "a,b\n1,2"} {
		_, err := read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("%q: %v, want the reader's error", text, err)
		}
	}
	if _, err := read(endless{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that never gives anything: %v", err)
	}
}

type endless struct{}

func (endless) Read([]byte) (int, error) { return 0, nil }

// TestNothingIsLost proves that the texts of the records and of those that do
// not pair make up the file.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab\",\n\r")), 0, 40, -1).Draw(t, "text")
		in := "x,y\n" + text
		rows := NewReader(strings.NewReader(in), ',')
		var kept bytes.Buffer
		for {
			err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !errors.Is(err, ErrQuote) {
				t.Fatal(err)
			}
			kept.Write(rows.Text())
		}
		strip := strings.NewReplacer("\n", "", "\r", "")
		if have, want := strip.Replace(kept.String()), strip.Replace(in); have != want {
			t.Fatalf("kept %q of %q", have, want)
		}
	})
}

// TestTheBufferGrows reads a record that is longer than the buffer.
func TestTheBufferGrows(t *testing.T) {
	long := strings.Repeat("long ", roomAtFirst/2)
	have, err := read(strings.NewReader("a,b\n1,\"" + long + "\"\n2," + long + "\n3,x\n"))
	if err != nil || len(have) != 4 || have[1] != fmt.Sprintf("2|1|%q", long) || have[2] != "3|2|"+long || have[3] != "4|3|x" {
		t.Errorf("%d records, %v", len(have), err)
	}
}

// TestRecordsAgreeWithCSV compares with encoding/csv on what it writes.
func TestRecordsAgreeWithCSV(t *testing.T) {
	field := rapid.StringOf(rapid.SampledFrom([]rune("a\",\n é")))
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.SliceOfN(field, 3, 3), 1, 4).Draw(t, "records")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.WriteAll(want); err != nil {
			t.Fatal(err)
		}
		rows := NewReader(&b, ',')
		for _, record := range want {
			if err := rows.Next(); err != nil {
				t.Fatal(err)
			}
			for i, f := range rows.Fields() {
				if string(f) != record[i] {
					t.Fatalf("field %d is %q, want %q", i, f, record[i])
				}
			}
		}
		if err := rows.Next(); !errors.Is(err, io.EOF) {
			t.Fatalf("at the end: %v", err)
		}
	})
}
