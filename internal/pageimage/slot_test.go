package pageimage

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

const numbersSQL = `CREATE TABLE t(v INTEGER NOT NULL) STRICT`

// numbers is an image of a table of one column, named t.
func numbers(t testing.TB, from, to int64) *Image {
	t.Helper()
	b, err := NewBuilder("t", numbersSQL)
	if err != nil {
		t.Fatal(err)
	}
	return count(t, b, from, to)
}

func count(t testing.TB, b *Builder, from, to int64) *Image {
	t.Helper()
	e := record.NewEncoder([]schema.Column{{Name: "v", Type: schema.Int64}}, 0)
	for v := from; v < to; v++ {
		e.Reset()
		e.Int64(0, v)
		if !b.Add(e) {
			t.Fatal(e.Err())
		}
	}
	return b.Finish()
}

func serve(t testing.TB, s *Slot, images ...*Image) {
	t.Helper()
	if err := s.Serve(images...); err != nil {
		t.Fatalf("serve: %v", err)
	}
}

func total(t testing.TB, c *sqlite3.Conn, table string) string {
	t.Helper()
	return query(t, c, `SELECT count(*)||' '||coalesce(sum(v), 0) FROM `+table)[0]
}

func TestEachTransactionSeesTheImageServed(t *testing.T) {
	c, slot := openPair(t)
	exec(t, c, numbersSQL)
	serve(t, slot, numbers(t, 0, 1))
	insert := prepare(t, c, `INSERT INTO main.t SELECT * FROM batch.t`)
	defer insert.Close()
	var rows, sum int64
	for i := range int64(40) {
		m := numbers(t, 1000*i, 1000*i+i*i)
		serve(t, slot, m)
		if err := insert.Exec(); err != nil {
			t.Fatal(err)
		}
		if c.Changes() != i*i {
			t.Errorf("changes = %d, want %d", c.Changes(), i*i)
		}
		m.Release()
		for v := range i * i {
			rows++
			sum += 1000*i + v
		}
	}
	if got, want := total(t, c, "main.t"), fmt.Sprintf("%d %d", rows, sum); got != want {
		t.Errorf("rows = %s, want %s", got, want)
	}
}

func TestImagesTogether(t *testing.T) {
	c, slot := openPair(t)
	exec(t, c, numbersSQL)
	a, empty, b := numbers(t, 0, 10_000), numbers(t, 0, 0), numbers(t, 10_000, 30_000)
	// In another order, alone, and again: rowids are rewritten each time.
	for i, images := range [][]*Image{{a, empty, b}, {b, a}, {b}, {empty}, {empty, a, empty}, {a, b}} {
		serve(t, slot, images...)
		rows := 0
		for _, m := range images {
			rows += m.rows
		}
		if got := query(t, c, `PRAGMA batch.integrity_check`); got[0] != "ok" {
			t.Errorf("case %d: %q", i, got)
		}
		if got := query(t, c, `SELECT coalesce(max(rowid), 0) FROM batch.t`)[0]; got != fmt.Sprint(rows) {
			t.Errorf("case %d: largest rowid %s, want %d", i, got, rows)
		}
		if got := query(t, c, `SELECT count(*) FROM batch.t`)[0]; got != fmt.Sprint(rows) {
			t.Errorf("case %d: count %s, want %d", i, got, rows)
		}
	}
}

func TestServeRefuses(t *testing.T) {
	c, slot := openPair(t)
	exec(t, c, numbersSQL)
	m := numbers(t, 0, 5)
	serve(t, slot, m)
	for _, sql := range []string{`BEGIN IMMEDIATE`, `BEGIN; INSERT INTO main.t SELECT * FROM batch.t`} {
		exec(t, c, sql)
		if err := slot.Serve(m); !errors.Is(err, ErrInUse) {
			t.Errorf("after %s: %v, want %v", sql, err, ErrInUse)
		}
		exec(t, c, `ROLLBACK`)
	}
	other, err := NewBuilder("u", `CREATE TABLE u(v)`)
	if err != nil {
		t.Fatal(err)
	}
	if err := slot.Serve(m, other.Finish()); !errors.Is(err, ErrTables) {
		t.Errorf("two tables: %v, want %v", err, ErrTables)
	}
	if err := slot.Serve(); !errors.Is(err, ErrTables) {
		t.Errorf("no image: %v, want %v", err, ErrTables)
	}
	if err := slot.Serve(m, &Image{catalog: m.catalog, rows: maxRowid - 4}); !errors.Is(err, ErrTooManyRows) {
		t.Errorf("many rows: %v, want %v", err, ErrTooManyRows)
	}
	exec(t, c, `INSERT INTO main.t SELECT * FROM batch.t`)
	if got := total(t, c, "main.t"); got != "5 10" {
		t.Errorf("rows after refusals = %s", got)
	}
	serve(t, slot, m)
}

// TestTablesInTurn has one slot serve two tables, with statements compiled
// once, and then a table whose columns have changed.
func TestTablesInTurn(t *testing.T) {
	c, slot := openPair(t)
	var builders [2]*Builder
	var inserts [2]*sqlite3.Stmt
	for i, name := range []string{"t", "u"} {
		sql := strings.Replace(numbersSQL, "t(", name+"(", 1)
		exec(t, c, sql)
		var err error
		if builders[i], err = NewBuilder(name, sql); err != nil {
			t.Fatal(err)
		}
		serve(t, slot, builders[i].Finish())
		if err := Refresh(c, "batch"); err != nil {
			t.Fatal(err)
		}
		inserts[i] = prepare(t, c, fmt.Sprintf(`INSERT INTO main.%s SELECT * FROM batch.%[1]s`, name))
		defer inserts[i].Close()
	}
	for i := range 10 {
		serve(t, slot, count(t, builders[i%2].Clone(), int64(i), int64(i+1)))
		if err := inserts[i%2].Exec(); err != nil {
			t.Fatal(err)
		}
	}
	if got := total(t, c, "main.t") + ", " + total(t, c, "main.u"); got != "5 20, 5 25" {
		t.Errorf("rows = %s", got)
	}
	exec(t, c, `ALTER TABLE t ADD COLUMN w INTEGER NOT NULL DEFAULT 7`)
	wide, err := NewBuilder("t", query(t, c, `SELECT sql FROM sqlite_schema WHERE name='t'`)[0])
	if err != nil {
		t.Fatal(err)
	}
	if !wide.AddRecord([]byte{3, 8, 9}) {
		t.Fatal("refused")
	}
	serve(t, slot, wide.Finish())
	if err := Refresh(c, "batch"); err != nil {
		t.Fatal(err)
	}
	const statement = `INSERT INTO main.t SELECT * FROM batch.t`
	if ok, err := Transfers(c, statement); !ok || err != nil {
		t.Errorf("after ALTER TABLE: transfers %v, %v", ok, err)
	}
	if err := inserts[0].Exec(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, c, `SELECT sum(w) FROM t`)[0]; got != "36" {
		t.Errorf("sum of the new column = %s, want 36", got)
	}
}

func TestTwoSlotsInOneTransaction(t *testing.T) {
	c, slot := openPair(t)
	second := attach(t, c, "second")
	exec(t, c, numbersSQL)
	serve(t, slot, numbers(t, 0, 5))
	serve(t, second, numbers(t, 5, 9))
	exec(t, c, `BEGIN IMMEDIATE; INSERT INTO main.t SELECT * FROM batch.t; INSERT INTO main.t SELECT * FROM second.t; COMMIT`)
	if got := total(t, c, "main.t"); got != "9 36" {
		t.Errorf("rows = %s", got)
	}
}

func TestSlotIsReadOnly(t *testing.T) {
	c, slot := openPair(t)
	serve(t, slot, numbers(t, 0, 5))
	for _, sql := range []string{`INSERT INTO batch.t VALUES (1)`, `CREATE TABLE batch.x(y)`, `DELETE FROM batch.t`} {
		if err := c.Exec(sql); !errors.Is(err, sqlite3.READONLY) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if got := total(t, c, "batch.t"); got != "5 10" {
		t.Errorf("rows = %s", got)
	}
}

func TestClosedSlot(t *testing.T) {
	c, _ := openPair(t)
	s := NewSlot()
	s.Close()
	s.Close()
	if err := c.Exec(`ATTACH '` + s.URI() + `' AS gone`); !errors.Is(err, sqlite3.CANTOPEN) {
		t.Errorf("attach after close: %v", err)
	}
}

func TestReleasedImageHasNoRows(t *testing.T) {
	c, slot := openPair(t)
	exec(t, c, numbersSQL)
	m := numbers(t, 0, 5)
	m.Release()
	m.Release()
	if m.rows != 0 || m.Size() != 0 {
		t.Errorf("%d rows, %d bytes", m.rows, m.Size())
	}
	serve(t, slot, m)
	exec(t, c, `INSERT INTO main.t SELECT * FROM batch.t`)
	if got := total(t, c, "main.t"); got != "0 0" {
		t.Errorf("rows = %s", got)
	}
}

func TestConnectionsSideBySide(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		c := openFile(t, filepath.Join(t.TempDir(), "t.db"))
		exec(t, c, numbersSQL)
		slot := attach(t, c, "batch")
		wg.Go(func() {
			b, err := NewBuilder("t", numbersSQL)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range int64(30) {
				m := count(t, b, i*100, i*100+100)
				if err := slot.Serve(m); err != nil {
					t.Error(err)
				}
				if err := c.Exec(`INSERT INTO main.t SELECT * FROM batch.t`); err != nil {
					t.Error(err)
				}
				m.Release()
			}
			if got := total(t, c, "main.t"); got != "3000 4498500" {
				t.Errorf("rows = %s", got)
			}
		})
	}
	wg.Wait()
}
