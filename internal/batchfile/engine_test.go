package batchfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/schema"
)

// The engine reads what a Writer wrote, and Parse reads it too.
func TestWrittenFileIsDatabase(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		data := s.file(t, "key 1", 1_700_000_000_123_456)
		path := filepath.Join(dir, "x.batch")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := sqlite3.Open("file:" + filepath.ToSlash(path) + "?mode=ro")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		st, _, err := c.Prepare("PRAGMA integrity_check(5)")
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		for st.Step() {
			if got := st.ColumnText(0); got != "ok" {
				t.Fatalf("integrity_check: %s", got)
			}
		}
		if got := engineRows(t, c, s.schema.Name()); !reflect.DeepEqual(s.rows, got) {
			t.Fatalf("rows (-given +engine):\n%.3000s", cmp.Diff(s.rows, got))
		}
		want := [][]any{{s.schema.Name(), "key 1", int64(len(s.rows)), int64(1_700_000_000_123_456)}}
		if diff := cmp.Diff(want, engineRows(t, c, "galley_batches")); diff != "" {
			t.Fatalf("ledger (-want +got):\n%s", diff)
		}

		f := parse(t, data)
		if f.Key != "key 1" || f.At != 1_700_000_000_123_456 || f.Schema.Fingerprint() != s.schema.Fingerprint() {
			t.Fatalf("parsed key %q, time %d, schema %q", f.Key, f.At, f.Schema.Name())
		}
		if want := s.records(t); !slices.EqualFunc(want, f.Rows, bytes.Equal) {
			t.Fatalf("records (-given +parsed):\n%.3000s", cmp.Diff(want, f.Rows))
		}
	})
}

// Parse reads what the engine wrote, whatever its page size, and gives the
// records and the digest that a Writer's file has.
func TestEngineFileIsRead(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawSample(t)
		n++
		path := filepath.Join(dir, fmt.Sprint(n))
		engineFile(t, s, path, rapid.SampledFrom([]int{512, 1024, 4096, 16384, 65536}).Draw(t, "page size"))
		db, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, own := parse(t, seal(db)), parse(t, s.file(t, "k", 5))
		if !slices.EqualFunc(own.Rows, f.Rows, bytes.Equal) {
			t.Fatalf("records (-writer +engine):\n%.3000s", cmp.Diff(own.Rows, f.Rows))
		}
		if f.Digest != own.Digest {
			t.Fatalf("digests differ")
		}
	})
}

// engineFile is the database that docs/spool.md specifies for other programs.
func engineFile(t tester, s sample, path string, pageSize int) {
	t.Helper()
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer c.Close()
	exec(t, c, fmt.Sprintf("PRAGMA page_size=%d; PRAGMA synchronous=OFF; PRAGMA application_id=%d; PRAGMA user_version=%d; BEGIN",
		pageSize, applicationID, formatVersion))
	exec(t, c, Create(s.schema))
	exec(t, c, createColumns)
	exec(t, c, createBatches)
	insert := func(table string, row []any) {
		marks := ""
		for range row {
			marks += ",?"
		}
		st, _, err := c.Prepare("INSERT INTO " + schema.SQLite().Quote(table) + " VALUES (" + marks[1:] + ")")
		if err != nil {
			t.Fatalf("prepare: %v", err)
		}
		defer st.Close()
		for i, v := range row {
			switch v := v.(type) {
			case int64:
				err = st.BindInt64(i+1, v)
			case float64:
				err = st.BindFloat(i+1, v)
			case string:
				err = st.BindText(i+1, v)
			case []byte:
				if err = st.BindBlob(i+1, v); len(v) == 0 {
					err = st.BindZeroBlob(i+1, 0)
				}
			}
			if err != nil {
				t.Fatalf("bind: %v", err)
			}
		}
		if err := st.Exec(); err != nil {
			t.Fatalf("insert: %v", err)
		}
	}
	for _, row := range s.rows {
		insert(s.schema.Name(), row)
	}
	for i, column := range s.schema.Columns() {
		insert("galley_columns", []any{s.schema.Name(), int64(i), column.Name, column.Spec()})
	}
	insert("galley_batches", []any{s.schema.Name(), "k", int64(len(s.rows)), int64(5)})
	exec(t, c, "COMMIT")
}

// A digest covers the values of the rows, and not their order.
func TestDigestIgnoresOrder(t *testing.T) {
	s := sample{mustSchema(t, "t", "int64", "text"), [][]any{{int64(1), "a"}, {int64(2), "b"}}}
	turned := sample{s.schema, [][]any{s.rows[1], s.rows[0]}}
	other := sample{s.schema, [][]any{{int64(1), "b"}, {int64(2), "a"}}}
	a, b, c := parse(t, s.file(t, "k", 1)), parse(t, turned.file(t, "k", 2)), parse(t, other.file(t, "k", 1))
	if a.Digest != b.Digest {
		t.Errorf("the same rows in another order: %v and %v", a.Digest, b.Digest)
	}
	if a.Digest == c.Digest {
		t.Errorf("other rows, the same digest %v", a.Digest)
	}
	if got := a.Digest.String(); len(got) != 32 {
		t.Errorf("digest %q has %d digits", got, len(got))
	}
}
