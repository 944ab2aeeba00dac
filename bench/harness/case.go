// Package harness runs cases: every peer in turn, several times, each in a
// fresh folder, with every result checked.
package harness

import (
	"context"
	"errors"
	"time"

	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// Config is the size of a run. Its zero value does not work: see Full and Quick.
type Config struct {
	Rows     int           // of the bulk workloads; others are in proportion
	Batch    int           // rows a transaction in bulk
	Repeats  int           // measured runs of each peer
	Duration time.Duration // of runs that go by time
	PageSize int           // of every SQLite file, in bytes
}

// Full is the size that the published figures have.
func Full() Config {
	return Config{Rows: 1_000_000, Batch: 10_000, Repeats: 5, Duration: 3 * time.Second, PageSize: 16384}
}

// Quick is a size that runs everything once and measures nothing.
func Quick() Config {
	return Config{Rows: 2_000, Batch: 500, Repeats: 1, Duration: 50 * time.Millisecond, PageSize: 16384}
}

// Sessions is the number of sessions, 1,000 for 1,000,000 rows.
func (c Config) Sessions() int { return max(c.Rows/1000, 2) }

// Case is a measurement that several peers can do.
type Case struct {
	Workload string
	Name     string
	Metrics  []report.Metric // the first is drawn
	// Only are the names of the peers that are asked, nil for all.
	Only []string
	// Can reports whether the peer is able to, nil for all.
	Can func(peer.Peer) bool
	// Run measures once and returns a value for each metric, NaN for one
	// that the peer does not have. It has checked what was stored.
	Run func(ctx context.Context, t *Trial, p peer.Peer) ([]float64, error)
}

// Trial is one run of one peer.
type Trial struct {
	Config
	Dir     string // empty, removed after the run
	sources *sources
}

// File is a database file of this trial.
func (t *Trial) File(k row.Kind) peer.File {
	return peer.File{
		Path:     t.Dir + "/rows.db",
		Kind:     k,
		Settings: peer.Settings{PageSize: t.PageSize},
	}
}

// Source is a file with the first n rows of the kind, for programs to read.
func (t *Trial) Source(ctx context.Context, k row.Kind, n int) (string, error) {
	return t.sources.get(ctx, k, 0, n)
}

// With calls use with an SQLite file of the rows from, …, from+n-1, which it removes
// afterwards.
func (t *Trial) With(ctx context.Context, k row.Kind, from, n int, use func(source string) error) error {
	source, err := t.sources.get(ctx, k, from, n)
	if err != nil {
		return err
	}
	return errors.Join(use(source), t.sources.drop(source))
}

// Shards is a list of files that galley wrote, a path a line: count files of n
// rows each, in batches of a session with a key.
func (t *Trial) Shards(ctx context.Context, k row.Kind, count, n int) (string, error) {
	return t.sources.shards(ctx, k, count, n)
}

// Spool is a spool of n sessions, whose files a collector may remove.
func (t *Trial) Spool(ctx context.Context, n int) (string, error) {
	return t.sources.spool(ctx, n, t.Dir+"/x.spool")
}
