package pageimage

import (
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"
)

// damaged serves images of three leaves to a table with a row, lets spoil at
// the pages that the engine will read, and tries to insert. The table must be
// as it was after the rollback, and take a sound image afterwards.
func damaged(t tester, c *sqlite3.Conn, slot *Slot, spoil func(pages []*page)) error {
	t.Helper()
	exec(t, c, `DROP TABLE IF EXISTS t; CREATE TABLE t(v TEXT NOT NULL) STRICT; INSERT INTO t VALUES ('before')`)
	s := sample{columns: featureColumns[:1]}
	s.columns[0].Name = "v"
	for i := range 3 * PageSize / 300 {
		s.rows = append(s.rows, []any{strings.Repeat("x", 250+i%7)})
	}
	s.rows = append(s.rows, []any{strings.Repeat("y", PageSize*3)})
	m := s.images(t, "t")[0]
	if err := slot.Serve(m); err != nil {
		t.Fatalf("serve: %v", err)
	}
	sound := make([]page, len(slot.file.pages))
	for i, p := range slot.file.pages {
		sound[i] = *p
	}
	spoil(slot.file.pages)
	// Even BEGIN IMMEDIATE reads the first page of all attached databases.
	failure := c.Exec(`BEGIN IMMEDIATE`)
	if failure == nil {
		failure = c.Exec(`INSERT INTO main.t SELECT * FROM batch.t`)
	}
	if !c.GetAutocommit() {
		exec(t, c, `ROLLBACK`)
	}
	for i, p := range slot.file.pages {
		*p = sound[i]
	}
	slot.head = *slot.catalog.pages[0]
	// The engine reads the schemas of all attached databases before a statement, so
	// a damaged one would be what the next statement meets.
	exec(t, c, `DETACH batch; ATTACH '`+slot.URI()+`' AS batch`)
	if got := query(t, c, `SELECT count(*)||max(v) FROM main.t`)[0]; got != "1before" {
		t.Fatalf("after the rollback: %s", got)
	}
	if got := query(t, c, `PRAGMA main.integrity_check`); got[0] != "ok" {
		t.Fatalf("after the rollback: %q", got)
	}
	if err := slot.Serve(m); err != nil {
		t.Fatalf("serve: %v", err)
	}
	if err := Refresh(c, "batch"); err != nil {
		t.Fatalf("refresh: %v", err)
	}
	transfer(t, c, "t", len(s.rows))
	m.Release()
	return failure
}

func TestDamagedImageIsRefused(t *testing.T) {
	c, slot := openPair(t)
	const root, leaf = 1, 2 // indexes of pages
	for name, spoil := range map[string]func(p []*page){
		"no database":           func(p []*page) { p[0][0] = 'x' },
		"odd page size":         func(p []*page) { p[0].put16(16, 1000) },
		"kind of the root":      func(p []*page) { p[root][0] = 0x0a },
		"kind of a leaf":        func(p []*page) { p[leaf][0] = 0x02 },
		"too many cells":        func(p []*page) { p[leaf].put16(3, PageSize/4) },
		"root with one child":   func(p []*page) { p[root].put16(3, 0) },
		"child beyond the end":  func(p []*page) { p[root].put32(PageSize-8, 9999) },
		"child is its parent":   func(p []*page) { p[root].put32(PageSize-8, root+1) },
		"child is page 0":       func(p []*page) { p[root].put32(8, 0) },
		"cell past the page":    func(p []*page) { p[leaf].put16(leafHeader, PageSize-1) },
		"overflow chain is cut": func(p []*page) { p[len(p)-2].put32(0, 0) },
	} {
		if err := damaged(t, c, slot, spoil); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
	if err := damaged(t, c, slot, func([]*page) {}); err != nil {
		t.Errorf("sound: %v", err)
	}
}

// TestBitsFlipped flips bits in what SQLite reads as structure. Not each can
// be noticed, but none may panic, and a rollback undoes whatever was done.
func TestBitsFlipped(t *testing.T) {
	c, slot := openPair(t)
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		flips := rapid.IntRange(1, 4).Draw(t, "flips")
		err := damaged(t, c, slot, func(p []*page) {
			for range flips {
				on := rapid.IntRange(0, len(p)-1).Draw(t, "page")
				at := rapid.OneOf(rapid.IntRange(0, 140), rapid.IntRange(PageSize-300, PageSize-1)).Draw(t, "at")
				p[on][at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			}
		})
		if err != nil {
			refused++
		}
	})
	if refused == 0 {
		t.Error("no damage was refused")
	}
}
