package workload_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/row"
	"github.com/galley-db/galley/bench/workload"
)

// lossy is a peer that says of its second batch, or second session, that it is
// stored, and does not store it. It has galley's name, so that every workload asks it.
type lossy struct{ peer.Opener }

func (lossy) Name() string { return "galley" }

func (p lossy) Open(ctx context.Context, f peer.File) (peer.Conn, error) {
	c, err := p.Opener.Open(ctx, f)
	return &lossyConn{Conn: c}, err
}

// usersKey is that of the only batch of the workload users.
const usersKey = "users"

type lossyConn struct {
	peer.Conn
	calls atomic.Int64
}

func (c *lossyConn) Append(ctx context.Context, b row.Batch) error {
	if c.calls.Add(1) == 2 {
		return nil
	}
	return c.Conn.Append(ctx, b)
}

func (c *lossyConn) AppendOnce(ctx context.Context, key string, b row.Batch) (bool, error) {
	if key == "sub-000000/ses-02" || key == usersKey { // never the one that is tried twice
		return true, nil
	}
	return c.Conn.(peer.Ledger).AppendOnce(ctx, key, b)
}

func (c *lossyConn) Scan(ctx context.Context) (row.Tally, error) {
	return c.Conn.(peer.Scanner).Scan(ctx)
}

// forgetful is a peer that stores a key as often as it is given.
type forgetful struct{ peer.Opener }

func (forgetful) Name() string { return "galley" }

func (p forgetful) Open(ctx context.Context, f peer.File) (peer.Conn, error) {
	c, err := p.Opener.Open(ctx, f)
	return forgetfulConn{c}, err
}

type forgetfulConn struct{ peer.Conn }

func (c forgetfulConn) AppendOnce(ctx context.Context, _ string, b row.Batch) (bool, error) {
	return true, c.Append(ctx, b)
}

func TestLossIsSeen(t *testing.T) {
	cfg := harness.Quick()
	for _, w := range workload.All {
		switch w.Name {
		case "open": // appends nothing
			continue
		case "memory", "processes", "merge", "spool", "files": // their children have the real peers only
			continue
		case "growth":
			cfg.Rows = 100
		}
		t.Run(w.Name, func(t *testing.T) {
			for _, c := range w.Cases(cfg) {
				_, err := harness.Run(t.Context(), cfg, []harness.Case{c}, []peer.Peer{lossy{peer.Plain}}, t.Output())
				if lost := (*harness.LostError)(nil); !errors.As(err, &lost) {
					t.Errorf("%s: %v, want a LostError", c.Name, err)
				}
			}
		})
	}
}

func TestRepeatIsSeen(t *testing.T) {
	cfg := harness.Quick()
	sessions, err := workload.Select("sessions")
	if err != nil {
		t.Fatal(err)
	}
	_, err = harness.Run(t.Context(), cfg, sessions[0].Cases(cfg), []peer.Peer{forgetful{peer.Plain}}, t.Output())
	if err == nil {
		t.Error("a session that was stored twice was not seen")
	}
}

// blind is a peer whose own reader finds nothing. The children of a workload
// are the real galley; the test must still look for what they stored.
type blind struct{ peer.Opener }

func (b blind) Collect(ctx context.Context, f peer.File, dir string) (time.Duration, error) {
	return b.Opener.(peer.Collector).Collect(ctx, f, dir)
}

func (b blind) Imports(f peer.Format) bool { return b.Opener.(peer.Importer).Imports(f) }

func (b blind) Import(ctx context.Context, f peer.File, format peer.Format, path string) (time.Duration, error) {
	return b.Opener.(peer.Importer).Import(ctx, f, format, path)
}

func (blind) Verify(context.Context, string, row.Kind) (row.Tally, error) {
	return row.Tally{Rows: -1}, nil
}

func TestEveryRunIsVerified(t *testing.T) {
	cfg := harness.Quick()
	galley, err := peer.Select("galley")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workload.All {
		if w.Name == "growth" {
			cfg.Rows = 100
		}
		t.Run(w.Name, func(t *testing.T) {
			for _, c := range w.Cases(cfg) {
				if strings.HasPrefix(c.Name, "export") { // which DuckDB reads
					continue
				}
				_, err := harness.Run(t.Context(), cfg, []harness.Case{c}, []peer.Peer{blind{galley[0].(peer.Opener)}}, t.Output())
				if lost := (*harness.LostError)(nil); !errors.As(err, &lost) {
					t.Errorf("%s: %v, want a LostError", c.Name, err)
				}
			}
		})
	}
}
