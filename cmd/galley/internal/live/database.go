package live

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/internal/fileid"
	"github.com/galley-db/galley/internal/holder"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// Database is a Source of a Backend.
type Database struct {
	name string
	path string // of an SQLite file, "" for a server
	db   store.Backend
	all  bool // a table is described from all of its rows

	numbered bool // each row of a table has a number, of which the newest has the highest

	progress func(rows int64) // of the reading of a table; may be nil

	seen [2]fileState // of the file and its -wal at the last look that read
}

// File is a Source of an SQLite file.
func File(db *sqlite.DB) *Database {
	// In a file of another program a number may be anything, and a view has none.
	return &Database{name: db.Path(), path: db.Path(), db: db, numbered: !db.Foreign()}
}

// Remote is a Source of a database on a server. name is shown on the page and
// must not hold a password.
func Remote(db store.Backend, name string) *Database { return &Database{name: name, db: db} }

// fileState changes with each commit to a file.
type fileState struct {
	bytes int64
	at    time.Time
}

func stateOf(path string) (s fileState) {
	if info, err := os.Stat(path); err == nil {
		s = fileState{info.Size(), info.ModTime()}
	}
	return s
}

// settled is how long ago a file must have changed for its time to be distinct
// from that of a later change, whatever the resolution of the file system's clock.
const settled = 2 * time.Second

// Look reads the tables, unless the file is the same as at the last look.
func (d *Database) Look(ctx context.Context, before *Look) (*Look, error) {
	l := &Look{At: time.Now(), Name: d.name, Processes: []Process{}, Faults: []string{}, remote: d.path == ""}
	now := [2]fileState{}
	if d.path != "" {
		now = [2]fileState{stateOf(d.path), stateOf(d.path + "-wal")}
		d.outside(l, now)
	}
	same := d.path != "" && before.Error == "" && now == d.seen &&
		l.At.Sub(now[0].at) > settled && l.At.Sub(now[1].at) > settled
	if same {
		l.Tables, l.at, l.no = before.Tables, before.at, before.no
	} else if err := d.inside(ctx, l); err != nil {
		return nil, err
	}
	d.seen = now
	l.Took = time.Since(l.At)
	return l, nil
}

// outside fills in what the operating system reports.
func (d *Database) outside(l *Look, files [2]fileState) {
	l.Bytes, l.WALBytes = files[0].bytes, files[1].bytes
	if free, known, err := fileid.Free(filepath.Dir(d.path)); err == nil && known {
		l.FreeBytes = &free
	}
	found, complete, err := holder.Of(d.path)
	if err != nil {
		l.Faults = append(l.Faults, fmt.Sprintf("the processes that have the file open are not known: %v", err))
	}
	l.AllKnown = complete
	for _, p := range found {
		l.Processes = append(l.Processes, Process{doctor.Describe(p), p.Writing, p.Reading, p.Behind})
	}
}

// inside fills in what the database holds. Each statement has a snapshot of its
// own, which ends with it.
func (d *Database) inside(ctx context.Context, l *Look) error {
	tables, err := d.db.Tables(ctx)
	if err != nil {
		return err
	}
	l.at, l.no = map[[2]string]time.Time{}, map[[2]string]bool{}
	places := map[string]int{}
	for _, s := range tables {
		t := Table{Name: s.Name()}
		there, err := sheet.WhileThere(ctx, d.db, s, func(s *schema.Schema) (err error) {
			t.Rows, err = d.rows(ctx, s)
			return err
		})
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		for r, err := range d.db.Rejected(ctx, store.RejectedFilter{Table: s.Name(), KeysOnly: true}) {
			if err != nil {
				return err
			}
			t.Rejected++
			l.no[[2]string{s.Name(), r.Key}] = true
		}
		places[s.Name()] = len(l.Tables)
		l.Tables = append(l.Tables, t)
	}
	for b, err := range d.db.Batches(ctx, store.BatchFilter{}) {
		if err != nil {
			return err
		}
		i, known := places[b.Table]
		if !known {
			continue // created since
		}
		t := &l.Tables[i]
		t.Batches++
		if t.Last == nil || b.At.After(*t.Last) {
			t.Last = &b.At
		}
		l.at[[2]string{b.Table, b.Key}] = b.At
	}
	return nil
}

// rows counts the rows of a table: in a file by their highest number, which is
// fast, so that a deleted row still counts.
func (d *Database) rows(ctx context.Context, s *schema.Schema) (n int64, err error) {
	type count struct {
		N *int64 `db:"n"`
	}
	what := "count(*)"
	if d.numbered {
		what = "max(" + sheet.RowNumber(s) + ")"
	}
	for c, err := range store.Query[count](ctx, d.db, "SELECT "+what+" AS n FROM "+d.db.Dialect().Quote(s.Name())) {
		if err != nil {
			return 0, err
		}
		if c.N != nil {
			n = *c.N
		}
	}
	return n, nil
}
