package spooldir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/durable"
)

// Collected is a batch that was moved out of the spool.
type Collected struct {
	Name   string // of its file, without the suffix
	Digest string // of its rows
	Rows   int64
	At     int64 // its time in microseconds since 1970, UTC
	Key    string
}

// MarshalJSON writes the line of a list: an array, to be short.
func (c Collected) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{c.Name, c.Digest, c.Rows, c.At, c.Key})
}

// UnmarshalJSON reads the line of a list.
func (c *Collected) UnmarshalJSON(b []byte) error {
	fields := []any{&c.Name, &c.Digest, &c.Rows, &c.At, &c.Key}
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	if len(fields) != 5 {
		return fmt.Errorf("%d fields, want 5", len(fields))
	}
	return nil
}

const (
	listPrefix = "collected-"
	listSuffix = ".jsonl"
)

func isList(name string) bool {
	return strings.HasPrefix(name, listPrefix) && strings.HasSuffix(name, listSuffix)
}

// Record adds batches to the list of those that are collected from a shard,
// durably. collector names the process: a list has one writer.
//
// A collector records a batch before it stores it, and removes its file after
// that: the batch is done at any moment, and what was stored under a name is
// known to the collectors that come later. One that was killed in between leaves
// the file, which the next one stores.
func (s *Shard) Record(collector string, batches []Collected) (err error) {
	var lines []byte
	for _, c := range batches {
		line, err := json.Marshal(c)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	path := s.Path(listName(collector))
	perm := s.dir.perm & 0o666
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, perm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm() != perm {
		_ = f.Chmod(perm)
	}
	if _, err := f.Write(lines); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if info.Size() > 0 {
		return nil
	}
	return durable.Folder(s.path) // the list is new
}

// Collected returns the batches that a shard lists as collected, by the names
// of their files without the suffix. It leaves out the list of the collector
// except, "" for none. A batch occurs once for each collector that has recorded
// it.
func (s *Shard) Collected(except string) (map[string][]Collected, error) {
	found := map[string][]Collected{}
	for _, name := range s.lists {
		if except != "" && name == listName(except) {
			continue
		}
		content, err := os.ReadFile(s.Path(name))
		if err != nil {
			return nil, err
		}
		for line := range completeLines(content) {
			var c Collected
			if err := json.Unmarshal(line, &c); err != nil {
				return nil, fmt.Errorf("%s: %w", s.Path(name), err)
			}
			found[c.Name] = append(found[c.Name], c)
		}
	}
	return found, nil
}

func listName(collector string) string { return listPrefix + collector + listSuffix }

// completeLines runs over the lines that have an end. The last one of a
// collector that was killed may have none; it says nothing.
func completeLines(content []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for {
			line, rest, ok := bytes.Cut(content, []byte("\n"))
			if !ok || !yield(line) {
				return
			}
			content = rest
		}
	}
}

// Done reports whether the batch of a key is stored: it waits in the spool, or
// was collected.
//
// The folder is read: on NFS a name that was looked up in vain stays absent for
// up to half a minute. A batch is listed as collected before its file is
// removed, so the lists come second.
func (d *Dir) Done(table, key string) (bool, error) {
	folder, err := d.table(table)
	if err != nil {
		return false, err
	}
	name := batchfile.Name(table, key)
	s, err := d.shard(table, folder, batchfile.Shard(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, waiting := range s.Batches {
		if waiting == name {
			return true, nil
		}
	}
	begin := []byte(`["` + strings.TrimSuffix(name, batchfile.Suffix) + `"`)
	for _, list := range s.lists {
		content, err := os.ReadFile(s.Path(list))
		if err != nil {
			return false, err
		}
		for line := range completeLines(content) {
			if bytes.HasPrefix(line, begin) {
				return true, nil
			}
		}
	}
	return false, nil
}
