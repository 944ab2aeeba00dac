package peer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/bench/row"
)

// shape is what must be the same in all SQLite files.
type shape struct {
	PageSize int
	Journal  string
	Columns  []string   // name, type, NOT NULL, place in the primary key
	Indexes  [][]string // unique or not, then the columns
	Strict   bool
	NoRowid  bool
}

func shapeOf(t *testing.T, path string) (s shape) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	one := func(query string, dest any) {
		t.Helper()
		if err := db.QueryRow(query).Scan(dest); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	list := func(query string) (found []string) {
		t.Helper()
		one("SELECT count(*) FROM ("+query+")", new(int)) // a bad query fails here
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var v string
			if err := rows.Scan(&v); err != nil {
				t.Fatal(err)
			}
			found = append(found, v)
		}
		return found
	}
	one("PRAGMA page_size", &s.PageSize)
	one("PRAGMA journal_mode", &s.Journal)
	one("SELECT strict FROM pragma_table_list WHERE name = '"+row.Table+"'", &s.Strict)
	one("SELECT wr FROM pragma_table_list WHERE name = '"+row.Table+"'", &s.NoRowid)
	s.Columns = list("SELECT format('%s %s %d %d', name, type, \"notnull\", pk) FROM pragma_table_info('" + row.Table + "')")
	for _, index := range list("SELECT name FROM pragma_index_list('" + row.Table + "') ORDER BY name") {
		columns := list("SELECT name FROM pragma_index_info('" + index + "')")
		unique := list("SELECT \"unique\" FROM pragma_index_list('" + row.Table + "') WHERE name = '" + index + "'")
		s.Indexes = append(s.Indexes, append(unique, columns...))
	}
	return s
}

// All SQLite peers fill the table that galley makes of the structs, with its
// columns, key and indexes, in files with the same pages and journal.
func TestSameFiles(t *testing.T) {
	ctx := t.Context()
	for _, k := range row.Kinds {
		t.Run(k.String(), func(t *testing.T) {
			b := row.NewBatch(k, 3, 0)
			fill := func(t *testing.T, p Opener) shape {
				f := File{Path: filepath.Join(t.TempDir(), "rows.db"), Kind: k, Settings: Settings{PageSize: 4096}}
				c, err := p.Open(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(c.Append(ctx, b), c.Close()); err != nil {
					t.Fatal(err)
				}
				return shapeOf(t, f.Path)
			}
			want := fill(t, galleyPeer{})
			if want.PageSize != 4096 || want.Journal != "wal" || len(want.Columns) != len(k.Columns()) {
				t.Fatalf("galley's file: %+v", want)
			}
			theirs := want
			if k == row.Users {
				// galley keeps the number of a row apart from an integer key, which is
				// then one index more; the others have the table of the comparison.
				last := len(want.Indexes) - 1
				if diff := cmp.Diff([]string{"1", "id"}, want.Indexes[last]); diff != "" {
					t.Fatalf("galley's key (-want +got):\n%s", diff)
				}
				theirs.Indexes = want.Indexes[:last]
			}
			for _, p := range All() {
				opener, ok := p.(Opener)
				if _, other := p.(Verifier); !ok || other {
					continue
				}
				if k == row.Users && (p.Name() == "gorm" || p.Name() == "bun") {
					continue // they would store a time as text, and are not asked
				}
				t.Run(p.Name(), func(t *testing.T) {
					expected := theirs
					if _, own := p.(galleyPeer); own {
						expected = want
					}
					if diff := cmp.Diff(expected, fill(t, opener)); diff != "" {
						t.Errorf("file (-wanted +%s):\n%s", p.Name(), diff)
					}
				})
			}
		})
	}
}

// A key stores once, a second connection sees what the first stored, and what
// cannot be stored is an error, not a lost row.
func TestConns(t *testing.T) {
	ctx := t.Context()
	for _, p := range All() {
		opener, ok := p.(Opener)
		if !ok {
			continue
		}
		t.Run(p.Name(), func(t *testing.T) {
			f := File{Path: filepath.Join(t.TempDir(), "rows.db"), Kind: row.A, Settings: Settings{PageSize: 8192, Full: true}}
			c, err := opener.Open(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			b := row.NewBatch(row.A, 500, 0)
			want := b.Tally()
			if err := c.Append(ctx, b); err != nil {
				t.Fatal(err)
			}
			if l, ok := c.(Ledger); ok {
				var applied []bool
				for _, key := range []string{"x", "y", "x"} {
					done, err := l.AppendOnce(ctx, key, b)
					if err != nil {
						t.Fatal(err)
					}
					applied = append(applied, done)
				}
				if diff := cmp.Diff([]bool{true, true, false}, applied); diff != "" {
					t.Errorf("applied (-want +got):\n%s", diff)
				}
				want = want.Add(b.Tally()).Add(b.Tally())
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := readBack(ctx, opener, f)
			if errors.Is(err, errors.ErrUnsupported) {
				return
			}
			if err != nil || got != want {
				t.Errorf("read back %v, %v, want %v", got, err, want)
			}
		})
	}
}

func readBack(ctx context.Context, p Opener, f File) (row.Tally, error) {
	if v, ok := p.(Verifier); ok {
		return v.Verify(ctx, f.Path, f.Kind)
	}
	c, err := p.Open(ctx, f)
	if err != nil {
		return row.Tally{}, err
	}
	s, ok := c.(Scanner)
	if !ok {
		return row.Tally{}, errors.Join(errors.ErrUnsupported, c.Close())
	}
	got, err := s.Scan(ctx)
	return got, errors.Join(err, c.Close())
}

// The rows of a keyed table refuse to come twice, in every peer.
func TestKeyRefuses(t *testing.T) {
	ctx := t.Context()
	for _, p := range All() {
		opener, ok := p.(Opener)
		if _, other := p.(Verifier); !ok || other {
			continue
		}
		t.Run(p.Name(), func(t *testing.T) {
			f := File{Path: filepath.Join(t.TempDir(), "rows.db"), Kind: row.AKeyed, Settings: Settings{PageSize: 8192}}
			c, err := opener.Open(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			b := row.NewBatch(row.AKeyed, 200, 0)
			if err := c.Append(ctx, b); err != nil {
				t.Fatal(err)
			}
			if err := c.Append(ctx, b); err == nil {
				t.Error("the rows were stored twice")
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite3", f.Path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var n int
			if err := db.QueryRow("SELECT count(*) FROM " + row.Table).Scan(&n); err != nil || n != 200 {
				t.Errorf("%d rows, %v, want 200", n, err)
			}
		})
	}
}

func TestPragmas(t *testing.T) {
	db, err := openSQL(t.Context(), "sqlite3", File{
		Path: filepath.Join(t.TempDir(), "rows.db"), Settings: Settings{PageSize: 8192, Full: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got []string
	names := []string{"busy_timeout", "page_size", "journal_mode", "synchronous", "cache_size",
		"wal_autocheckpoint", "journal_size_limit", "foreign_keys"}
	for _, name := range names {
		var v string
		if err := db.QueryRow("PRAGMA " + name).Scan(&v); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s=%s", name, v))
	}
	want := []string{"busy_timeout=30000", "page_size=8192", "journal_mode=wal", "synchronous=2",
		"cache_size=-64000", "wal_autocheckpoint=4096", "journal_size_limit=33554432", "foreign_keys=1"}
	if !slices.Equal(want, got) {
		t.Errorf("read back (-want +got):\n%s", cmp.Diff(want, got))
	}
}
