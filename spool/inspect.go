package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/spooldir"
)

// Report is what [Inspect] found in a spool.
type Report struct {
	Path    string        `json:"path"`
	Tables  []TableReport `json:"tables"`
	Damaged []BadFile     `json:"damaged"` // in the folder damaged
	Temps   []TempFile    `json:"temps"`
	Foreign []string      `json:"foreign"` // paths of files that do not belong in a spool
}

// TableReport is what waits of a table, and what was collected.
type TableReport struct {
	Table         string     `json:"table"`
	Waiting       int64      `json:"waiting"` // batches
	Bytes         int64      `json:"bytes"`   // of these
	Oldest        *time.Time `json:"oldest"`  // of these, by the clock of the file system
	Collected     int64      `json:"collected"`
	CollectedRows int64      `json:"collected_rows"`
	Bad           []BadFile  `json:"bad"` // of the waiting, where all of the files were read
}

// BadFile is a file that is not a batch that can be collected.
type BadFile struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	Reason string `json:"reason"`
}

// TempFile is a file that has no name yet: its writer is at work, or was killed.
type TempFile struct {
	Path  string    `json:"path"`
	Bytes int64     `json:"bytes"`
	Time  time.Time `json:"time"` // of its last change, by the clock of the file system
}

// IsSpool reports whether path is the folder of a spool.
func IsSpool(path string) bool { return spooldir.IsSpool(path) }

// Inspect looks into the spool in the folder dir and changes nothing. With full
// it also reads and verifies every batch that waits.
func Inspect(ctx context.Context, dir string, full bool) (*Report, error) {
	d, err := spooldir.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	r := &Report{Path: d.Path(), Tables: []TableReport{}, Damaged: []BadFile{}, Temps: []TempFile{}, Foreign: []string{}}
	if err := r.inspect(ctx, d, full); err != nil {
		return nil, fmt.Errorf("spool %s: %w", d.Path(), err)
	}
	return r, nil
}

func (r *Report) inspect(ctx context.Context, d *spooldir.Dir, full bool) error {
	damaged, err := d.Damaged()
	if err != nil {
		return err
	}
	for _, f := range damaged {
		r.Damaged = append(r.Damaged, BadFile{f.Path, f.Bytes, f.Reason})
	}
	strangers, err := d.Strangers()
	if err != nil {
		return err
	}
	r.Foreign = append(r.Foreign, strangers...)
	names, err := d.Tables()
	if err != nil {
		return err
	}
	var p batchfile.Parser
	for _, name := range names {
		t := TableReport{Table: name, Bad: []BadFile{}}
		err := d.Shards(name, func(s *spooldir.Shard) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return r.shard(&t, s, full, &p)
		})
		if err != nil {
			return err
		}
		r.Tables = append(r.Tables, t)
	}
	return nil
}

func (r *Report) shard(t *TableReport, s *spooldir.Shard, full bool, p *batchfile.Parser) error {
	collected, err := s.Collected("")
	if err != nil {
		return err
	}
	waiting := map[string]bool{}
	for _, name := range s.Batches {
		info, err := os.Lstat(s.Path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // collected meanwhile
		}
		if err != nil {
			return err
		}
		waiting[strings.TrimSuffix(name, batchfile.Suffix)] = true
		t.Waiting++
		t.Bytes += info.Size()
		if at := info.ModTime().UTC(); t.Oldest == nil || at.Before(*t.Oldest) {
			t.Oldest = &at
		}
		if reason := bad(s, name, full, p); reason != nil {
			t.Bad = append(t.Bad, BadFile{s.Path(name), info.Size(), reason.Error()})
		}
	}
	for name, c := range collected {
		if !waiting[name] { // else a collector was killed, or works on it
			t.Collected++
			t.CollectedRows += c[0].Rows
		}
	}
	for _, name := range s.Temps {
		if info, err := os.Lstat(s.Path(name)); err == nil {
			r.Temps = append(r.Temps, TempFile{s.Path(name), info.Size(), info.ModTime().UTC()})
		}
	}
	for _, name := range s.Foreign {
		r.Foreign = append(r.Foreign, s.Path(name))
	}
	return nil
}

// bad is why a file cannot be collected, nil where it can or is gone.
func bad(s *spooldir.Shard, name string, full bool, p *batchfile.Parser) error {
	if !full {
		return nil
	}
	c, err := s.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := p.Parse(c.Data)
	if err == nil {
		err = s.Placed(name, f)
	}
	return err
}
