package batchfile

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
)

func small(t tester) []byte {
	s := sample{schema: mustSchema(t, "t", "int64", "float64 null", "text")}
	for i := range 100 {
		s.rows = append(s.rows, []any{int64(i * i), float64(i) / 3, strings.Repeat("x", i)})
	}
	s.rows = append(s.rows, []any{int64(1), nil, strings.Repeat("long ", 2000)})
	return s.file(t, "k", 5)
}

// No changed byte, missing byte or added byte goes unnoticed.
func TestChangedFileIsDamaged(t *testing.T) {
	data := small(t)
	var p Parser
	for at := 0; at < len(data); at += 37 {
		bad := bytes.Clone(data)
		bad[at] ^= 1
		if _, err := p.Parse(bad); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		if _, err := p.Parse(data[:at]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at byte %d: %v", at, err)
		}
	}
	if _, err := p.Parse(append(bytes.Clone(data), '\n')); !errors.Is(err, ErrDamaged) {
		t.Fatalf("a byte more: %v", err)
	}
}

// FuzzParse looks for content that makes Parse panic, loop, or return rows
// that do not fit their schema, below a checksum that is right.
func FuzzParse(f *testing.F) {
	data := small(f)
	f.Add(data[:len(data)-sealSize])
	f.Fuzz(func(t *testing.T, db []byte) {
		var p Parser
		file, err := p.Parse(seal(bytes.Clone(db)))
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("%v", err)
			}
			return
		}
		w := discard{}
		for i := range file.Len() {
			if err := file.Bind(i, w); err != nil {
				t.Fatalf("row %d: %v", i, err)
			}
		}
	})
}

// Each byte changed below a checksum that is right: an error, or a file whose
// rows fit their schema.
func TestParseTrustsNoPage(t *testing.T) {
	testtime.Minutes(t)
	data := small(t)
	db := data[:len(data)-sealSize]
	var p Parser
	step := 5
	if testing.Short() {
		step = 29
	}
	for at := 0; at < len(db); at += step {
		for _, v := range []byte{0, 0x7f, 0xff, db[at] + 1} {
			bad := bytes.Clone(db)
			bad[at] = v
			if _, err := p.Parse(seal(bad)); err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatalf("byte %d is %d: %v", at, v, err)
			}
		}
	}
}

type discard struct{ schema.Writer }

func (discard) Null(int)             {}
func (discard) Bool(int, bool)       {}
func (discard) Int64(int, int64)     {}
func (discard) Float64(int, float64) {}
func (discard) Text(int, string)     {}
func (discard) Blob(int, []byte)     {}

// Values that the engine stores and the column's description does not allow.
func TestValueThatDoesNotFit(t *testing.T) {
	for _, test := range []struct {
		spec  string
		value any
		want  string
	}{
		{"int64", "abc", "wrong storage class"},
		{"int64", nil, "NULL"},
		{"bool", int64(2), "does not fit the field"},
		{"int8", int64(128), "does not fit the field"},
		{"uint8", int64(-1), "does not fit the field"},
		{"uint32", int64(1 << 32), "does not fit the field"},
		{"uint64", int64(-1), "does not fit the field"},
		{"float32", 0.1, "float32"},
		{"float64", "x", "wrong storage class"},
		{"text", []byte("a"), "wrong storage class"},
		{"text", "a\x00b", "NUL"},
		{"text", "a\xff", "UTF-8"},
		{"text batch", "other", "key"},
		{"json", "{", "JSON"},
		{"blob", "a", "wrong storage class"},
		{"vector32 dim=2", []byte{1, 2, 3, 4}, "do not fit"},
		{"vector64", []byte{1, 2, 3, 4}, "do not fit"},
		{"time rfc3339", "2020-01-01", "cannot parse"},
		{"time rfc3339", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000000000Z"},
		{"uint64 uint=text", "12", "20 digits"},
		{"uint64 uint=blob", []byte{1}, "8 bytes"},
	} {
		t.Run(test.spec, func(t *testing.T) {
			s := sample{mustSchema(t, "t", test.spec), [][]any{{test.value}}}
			path := tempDB(t)
			lax := sample{mustSchema(t, "t", test.spec), nil}
			engineFile(t, lax, path, 4096)
			c := open(t, path)
			// The engine of a table that is not STRICT stores anything.
			exec(t, c, "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t (c0)' WHERE name = 't'")
			exec(t, c, "PRAGMA writable_schema=RESET")
			st, _, err := c.Prepare("INSERT INTO t VALUES (?)")
			if err != nil {
				t.Fatal(err)
			}
			bind(t, st, test.value)
			if err := errors.Join(st.Exec(), st.Close()); err != nil {
				t.Fatal(err)
			}
			exec(t, c, "UPDATE galley_batches SET rows = 1")
			exec(t, c, "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = '"+Create(s.schema)+"' WHERE name = 't'")
			db, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var p Parser
			_, err = p.Parse(seal(db))
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), `"c0"`) {
				t.Errorf("error %v, want one of column \"c0\" with %q", err, test.want)
			}
		})
	}
}

func bind(t *testing.T, st *sqlite3.Stmt, v any) {
	t.Helper()
	var err error
	switch v := v.(type) {
	case int64:
		err = st.BindInt64(1, v)
	case float64:
		err = st.BindFloat(1, v)
	case string:
		err = st.BindText(1, v)
	case []byte:
		err = st.BindBlob(1, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A file of another make is refused with what to do.
func TestForeignDatabase(t *testing.T) {
	s := sample{mustSchema(t, "t", "int64"), [][]any{{int64(1)}}}
	for _, test := range []struct{ name, sql, want string }{
		{"index", "CREATE INDEX i ON t (c0)", "index"},
		{"another table", "CREATE TABLE u (a)", "more tables"},
		{"other columns", `ALTER TABLE t RENAME COLUMN c0 TO c1`, "was created with"},
		{"rows", "INSERT INTO t VALUES (2)", "galley_batches says 1"},
		{"two batches", "INSERT INTO galley_batches VALUES ('t','b',0,0)", "2 rows, want 1"},
		{"position", "UPDATE galley_columns SET position = 1", "position 1, want 0"},
		{"spec", "UPDATE galley_columns SET spec = 'int65'", "int65"},
		{"key column", "DROP TABLE t; CREATE TABLE \"t\" (\"c0\" INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)", "was created with"},
		{"write-ahead log", "PRAGMA journal_mode=WAL; PRAGMA wal_checkpoint", "journal_mode"},
		{"application id", "PRAGMA application_id=1", "application id"},
		{"format", "PRAGMA user_version=2", "format 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := tempDB(t)
			engineFile(t, s, path, 4096)
			exec(t, open(t, path), test.sql)
			db, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var p Parser
			if _, err := p.Parse(seal(db)); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// A NaN has no form in SQLite: its bits in a record are refused.
func TestNaNBitsAreDamage(t *testing.T) {
	w := NewWriter(mustSchema(t, "t", "float64 null nan=null"))
	if err := w.Add([]byte{2, 7, 0x7f, 0xf8, 0, 0, 0, 0, 0, 1}); err != nil {
		t.Fatal(err)
	}
	data, err := w.Finish("k", 0)
	if err != nil {
		t.Fatal(err)
	}
	var p Parser
	if _, err := p.Parse(data); !errors.Is(err, schema.ErrNaN) {
		t.Errorf("error %v, want ErrNaN (%v)", err, math.NaN())
	}
}
