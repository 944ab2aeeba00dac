package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	sqlite3 "github.com/ncruces/go-sqlite3"
)

// switches makes the settings that the engine has functions for: to compile a PRAGMA
// takes many times as long. Config returns the state that came of it.
func (c *conn) switches(o Options) error {
	for _, s := range []struct {
		name string
		op   sqlite3.DBConfig
		on   bool
	}{
		{"foreign_keys", sqlite3.DBCONFIG_ENABLE_FKEY, true},
		{"trusted_schema", sqlite3.DBCONFIG_TRUSTED_SCHEMA, false},
	} {
		got, err := c.Config(s.op, s.on)
		if err != nil {
			return fmt.Errorf("PRAGMA %s: %w", s.name, err)
		}
		if got != s.on {
			return fmt.Errorf("PRAGMA %s is %v after it was set to %v", s.name, got, s.on)
		}
	}
	return errors.Join(c.BusyTimeout(o.BusyWait), c.WALAutoCheckpoint(0))
}

// journal leaves WAL mode, or goes back to it, and returns the mode that came
// of it. That changes the file by way of a rollback journal, and so is done
// under FULL: under NORMAL the journal may say that it has a page before the
// page is on the disk, and what a power loss leaves there goes into the file
// (https://sqlite.org/pragma.html#pragma_synchronous). A WAL has no such moment.
func (c *conn) journal(mode string, o Options) (got string, err error) {
	if err := c.Exec("PRAGMA synchronous=" + synchronous(Full)); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.Exec("PRAGMA synchronous="+synchronous(o.Durability))) }()
	return c.text("PRAGMA journal_mode=" + mode)
}

// synchronous is SQLite's number for d.
func synchronous(d Durability) string { return map[Durability]string{Normal: "1", Full: "2"}[d] }

// setting is a PRAGMA with the value that it must have afterwards.
type setting struct{ name, value string }

// sortKiB is the most that a reader's cache may have. SQLite sorts in pieces as
// large as the cache (or 250 pages), and does not look up while it sorts one: a
// query whose context ends in the middle of a long sort waits for that. With 8
// MB it was a quarter of a second; it was slower, too.
const sortKiB = 4000

// settings are those of every connection, by role, that only a PRAGMA makes. They
// belong to a connection, not to the file: what is set on one is missing on the next.
func settings(o Options, as role) []setting {
	cache := o.CacheKiB
	if as == reading || as == copying {
		cache = min(max(cache/8, 2000), sortKiB)
	}
	set := []setting{
		{"synchronous", synchronous(o.Durability)},
		{"cache_size", strconv.Itoa(-cache)},
		{"journal_size_limit", strconv.FormatInt(o.WALBytes, 10)},
	}
	if as == reading {
		set = append(set, setting{"query_only", "1"})
	}
	return set
}

// configure makes the settings and reads each of them back: SQLite ignores a
// PRAGMA that is unknown or that it cannot apply
// (https://sqlite.org/pragma.html).
func (c *conn) configure(ctx context.Context, o Options, as role) error {
	old := c.SetInterrupt(ctx)
	defer c.SetInterrupt(old)
	if as == creating {
		return nil
	}
	if err := c.switches(o); err != nil {
		return err
	}
	for _, s := range settings(o, as) {
		if err := c.Exec("PRAGMA " + s.name + "=" + s.value); err != nil {
			return err
		}
		got, err := c.text("PRAGMA " + s.name)
		if err != nil {
			return err
		}
		if got != s.value {
			return fmt.Errorf("PRAGMA %s is %s after it was set to %s", s.name, got, s.value)
		}
	}
	return nil
}
