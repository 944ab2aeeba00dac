package pageimage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
)

const sinkTable = `CREATE TABLE t (a TEXT NOT NULL, b REAL, c BLOB, n INTEGER) STRICT`

// sinkSource is a connection to a database of n rows of sinkTable, whose blobs
// are as long as blob says of each.
func sinkSource(t *testing.T, n int, blob func(i int) int) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open("file:" + filepath.Join(t.TempDir(), "source.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	mustExec(t, c, "PRAGMA synchronous=OFF; "+sinkTable+"; BEGIN")
	s, _, err := c.Prepare("INSERT INTO t VALUES (?, ?, zeroblob(?), ?)")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range n {
		if err := errors.Join(s.BindText(1, fmt.Sprint("row ", i)), s.BindFloat(2, float64(i)/3),
			s.BindInt(3, blob(i)), s.BindInt(4, i), s.Exec()); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, c, "COMMIT")
	return c
}

func mustExec(t *testing.T, c *sqlite3.Conn, sql string) {
	t.Helper()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// drain moves the table through a sink, and gives emit its leaves.
func drain(t *testing.T, c *sqlite3.Conn, emit func(*Leaf) error) error {
	t.Helper()
	s, err := NewSink("t", sinkTable, emit)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mustExec(t, c, "ATTACH '"+s.URI()+"' AS sink; PRAGMA sink.journal_mode=OFF; PRAGMA sink.cache_size=10")
	defer mustExec(t, c, "DETACH sink")
	mustExec(t, c, "BEGIN")
	const insert = "INSERT INTO sink.t SELECT * FROM main.t"
	if moves, err := Transfers(c, insert); err != nil || !moves {
		t.Fatalf("the engine takes the rows apart: %v", err)
	}
	err = c.Exec(insert)
	rows := c.Changes()
	if err == nil {
		err = c.Exec("COMMIT")
	}
	if !c.GetAutocommit() {
		mustExec(t, c, "ROLLBACK")
	}
	if finish := s.Finish(rows); finish != nil {
		return finish
	}
	return err
}

// TestSinkReadsTablesOfAllShapes takes all rows out of tables of many shapes: one leaf and less,
// leaves by the thousand (so that interior pages split), rows that overflow.
func TestSinkReadsTablesOfAllShapes(t *testing.T) {
	testtime.Seconds(t)
	random := rand.New(rand.NewPCG(1, 2))
	for name, tc := range map[string]struct {
		rows int
		blob func(i int) int
	}{
		"none":          {0, func(int) int { return 0 }},
		"one":           {1, func(int) int { return 0 }},
		"one leaf":      {100, func(int) int { return 10 }},
		"small rows":    {50_000, func(i int) int { return i % 7 }},
		"a leaf each":   {8_600, func(int) int { return 33_000 }}, // more than one interior page holds
		"at the limit":  {300, func(i int) int { return maxLocal - 150 + i }},
		"all overflow":  {60, func(i int) int { return 70_000 + 40_000*(i%4) }},
		"some overflow": {3_000, func(int) int { return []int{0, 50, 3_000, 66_000, 200_000}[random.IntN(100)/24] }},
	} {
		t.Run(name, func(t *testing.T) {
			lengths := make([]int, tc.rows)
			for i := range lengths {
				lengths[i] = tc.blob(i)
			}
			c := sinkSource(t, tc.rows, func(i int) int { return lengths[i] })
			next, leaves := 0, 0
			var cells []record.Cell
			err := drain(t, c, func(l *Leaf) error {
				defer l.Release()
				leaves++
				if l.Large && len(l.Records) != 1 {
					return fmt.Errorf("%d records with one that overflows", len(l.Records))
				}
				for _, rec := range l.Records {
					var err error
					if cells, err = record.Parse(rec, cells); err != nil {
						return err
					}
					i := next
					next++
					if len(cells) != 4 || string(cells[0].Bytes()) != fmt.Sprint("row ", i) || cells[1].Float64() != float64(i)/3 ||
						len(cells[2].Bytes()) != lengths[i] || cells[3].Int64() != int64(i) {
						return fmt.Errorf("row %d is %.40v", i, cells)
					}
				}
				return nil
			})
			if err != nil || next != tc.rows {
				t.Fatalf("%d of %d rows: %v", next, tc.rows, err)
			}
			t.Log(leaves, "leaves")
		})
	}
}

// TestSinkStops ends in the middle, and finds the connection fit for another.
func TestSinkStops(t *testing.T) {
	c := sinkSource(t, 20_000, func(int) int { return 200 })
	enough := errors.New("enough")
	for stop := range 5 {
		leaves := 0
		err := drain(t, c, func(l *Leaf) error {
			l.Release()
			if leaves++; leaves > stop {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || leaves != stop+1 {
			t.Fatalf("after %d leaves: %v", leaves, err)
		}
	}
	rows := 0
	if err := drain(t, c, func(l *Leaf) error { rows += len(l.Records); l.Release(); return nil }); err != nil || rows != 20_000 {
		t.Fatal(rows, err)
	}
}

// TestSinkCounts: rows that did not come out are missed.
func TestSinkCounts(t *testing.T) {
	s, err := NewSink("t", sinkTable, func(*Leaf) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Finish(0); err != nil {
		t.Error(err)
	}
	if err := s.Finish(1); !errors.Is(err, ErrSink) {
		t.Errorf("Finish(1) = %v, want ErrSink", err)
	}
}

// TestSinkRefuses: rows that are not numbered one by one are refused, since
// their order would not be known.
func TestSinkRefuses(t *testing.T) {
	b, err := NewBuilder("t", sinkTable)
	if err != nil {
		t.Fatal(err)
	}
	e := record.NewEncoder([]schema.Column{{Name: "a", Type: schema.Int64}}, 0)
	for i := range 3 {
		e.Reset()
		e.Int64(0, int64(i))
		if !b.Add(e) {
			t.Fatal("a row is not taken")
		}
	}
	image := b.Finish().Bytes()
	p := (*page)(image[len(image)-PageSize:])
	if p[0] != leafKind || p.get16(3) != 3 {
		t.Fatal("the last page is not the leaf")
	}
	first, last := p.get16(leafHeader), p.get16(leafHeader+4)
	p.put16(leafHeader, last)
	p.put16(leafHeader+4, first)
	s, err := NewSink("t", sinkTable, func(l *Leaf) error { l.Release(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.write(2, p[:]); !errors.Is(err, ErrSink) || !errors.Is(s.Err(), ErrSink) || !errors.Is(s.Finish(3), ErrSink) {
		t.Errorf("error is %v, then %v, then %v; want ErrSink", err, s.Err(), s.Finish(3))
	}
}
