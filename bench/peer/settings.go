package peer

import (
	"fmt"
	"time"
)

// Settings are those of a database file, the same for all SQLite peers.
type Settings struct {
	PageSize int
	Full     bool // synchronous=FULL instead of NORMAL
}

// Settings that no flag changes. They are galley's defaults.
const (
	cacheKiB = 64_000
	walBytes = 32 << 20 // where the WAL is checkpointed into the file
	busyWait = 30 * time.Second
)

// Synchronous is the word of the PRAGMA.
func (s Settings) Synchronous() string {
	if s.Full {
		return "FULL"
	}
	return "NORMAL"
}

// Pragmas are the statements that bring a connection to galley's settings:
// the same page size, journal, synchronous and cache, and an automatic
// checkpoint at the WAL size at which galley makes its own.
func (s Settings) Pragmas() []string {
	return []string{
		fmt.Sprintf("PRAGMA busy_timeout=%d", busyWait.Milliseconds()),
		fmt.Sprintf("PRAGMA page_size=%d", s.PageSize),
		"PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=" + s.Synchronous(),
		fmt.Sprintf("PRAGMA cache_size=-%d", cacheKiB),
		fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", walBytes/s.PageSize),
		fmt.Sprintf("PRAGMA journal_size_limit=%d", walBytes),
		"PRAGMA foreign_keys=ON",
	}
}

// setup are the statements for a connection to a file: settings, table and
// the ledger of AppendOnce.
func (f File) setup() []string {
	stmts := append(f.Settings.Pragmas(), f.Kind.Create()...)
	return append(stmts, "CREATE TABLE IF NOT EXISTS ledger (key TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT")
}

const insertKey = "INSERT OR IGNORE INTO ledger (key, n) VALUES (?, ?)"
