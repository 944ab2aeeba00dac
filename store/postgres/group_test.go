package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// crowd is several writers of one table, and what became of their batches.
type crowd struct {
	db   *postgres.DB
	tab  *table.Table[part]
	url  string
	name string // of the namespace
	errs []chan error
}

func newCrowd(t *testing.T, opts postgres.Options, retrier backoff.Retrier) *crowd {
	t.Helper()
	c := &crowd{}
	c.db, c.url, c.name = openNew(t, opts)
	var err error
	if c.tab, err = table.Open(t.Context(), c.db, table.Options[part]{Retrier: retrier}); err != nil {
		t.Fatal(err)
	}
	return c
}

// start starts a writer, whose rows begin with 1,000 times his number.
func (c *crowd) start(ctx context.Context, write func(ctx context.Context, rows []part) error) {
	rows, done := parts(1000*len(c.errs), 3), make(chan error, 1)
	c.errs = append(c.errs, done)
	go func() { done <- write(ctx, rows) }()
}

// append starts a writer, with a key where it is not "".
func (c *crowd) append(ctx context.Context, key string) {
	c.start(ctx, func(ctx context.Context, rows []part) error {
		if key == "" {
			return c.tab.Append(ctx, rows)
		}
		_, err := c.tab.AppendOnce(ctx, key, rows)
		return err
	})
}

// fill has n lanes taken by writers who wait for a lock.
func (c *crowd) fill(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		c.append(t.Context(), "")
		c.until(t, 0, i+1)
	}
}

// until waits for a number of batches in the line, and of transactions that
// wait for a lock of the server.
func (c *crowd) until(t *testing.T, waiting, blocked int) {
	t.Helper()
	for c.db.Waiting(c.tab.Schema()) != waiting {
		runtime.Gosched()
	}
	c.blocked(t, blocked)
}

func (c *crowd) blocked(t *testing.T, n int) {
	t.Helper()
	for ask[int](t, c.url, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::text::regclass", c.name+".part") != n {
	}
}

// stored returns the number of stored rows of writer i.
func (c *crowd) stored(t *testing.T, i int) int {
	t.Helper()
	return ask[int](t, c.url, "SELECT count(*) FROM "+c.name+".part WHERE n / 1000 = $1", i)
}

// lock keeps rows out of the table until release is called.
func (c *crowd) lock(t *testing.T) (release func()) {
	t.Helper()
	return hold(t, c.url, "LOCK TABLE "+c.name+".part IN EXCLUSIVE MODE")
}

// TestWaitingWritersShareATransaction has many writers wait for a table: those who find all lanes busy
// are written in one transaction, with and without keys.
func TestWaitingWritersShareATransaction(t *testing.T) {
	testtime.Seconds(t)
	for mode, atomic := range map[string]postgres.CopyMode{"COPY": postgres.Always, "INSERT": postgres.Never} {
		t.Run(mode, func(t *testing.T) {
			c := newCrowd(t, postgres.Options{Copy: atomic}, nil)
			if _, err := c.tab.AppendOnce(t.Context(), "old", parts(900_000, 1)); err != nil {
				t.Fatal(err)
			}
			release := c.lock(t)
			c.fill(t, postgres.Lanes)
			const more = 20
			for i := range more {
				c.append(t.Context(), map[int]string{1: "old", 2: `a "quoted" \ key, {NULL}`, 3: "NULL"}[i%4])
			}
			// Three keys occur five times each; one of each makes a group.
			c.until(t, more, postgres.Lanes)
			release()
			rows := 0
			for i, err := range c.errs {
				if err := <-err; err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
				rows += c.stored(t, i)
			}
			if want := 3 * (postgres.Lanes + 5 + 1 + 1); rows != want {
				t.Errorf("%d rows are there, want %d", rows, want)
			}
			if n := ask[int](t, c.url, "SELECT count(*) FROM "+c.name+".galley_batches"); n != 3 {
				t.Errorf("%d keys are there, want 3", n)
			}
			if n := ask[int](t, c.url, "SELECT sum(rows) FROM "+c.name+".galley_batches"); n != 7 {
				t.Errorf("the keys have %d rows, want 7", n)
			}
			transactions := ask[int](t, c.url, "SELECT count(DISTINCT xmin::text) FROM "+c.name+".part")
			if transactions >= postgres.Lanes+1+5+1+1 { // as if each were alone
				t.Errorf("%d transactions wrote rows: none was shared", transactions)
			}
		})
	}
}

// TestGroupFailsAlone has good batches share a transaction with bad ones, and
// with one that is canceled in the middle of it: each of these fails alone.
func TestGroupFailsAlone(t *testing.T) {
	c := newCrowd(t, postgres.Options{MaxConns: 1 + 2}, backoff.None())
	sql(t, c.url, "ALTER TABLE "+c.name+".part ADD CHECK (n % 1000 <> 999)")
	const first, more = 3, 7 // MaxConns is the number of lanes here
	release := c.lock(t)
	c.fill(t, first)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range more {
		switch i {
		case 1:
			c.append(ctx, "cancelled")
		case 4:
			c.start(t.Context(), func(ctx context.Context, rows []part) error {
				rows[1].N = 4999
				_, err := c.tab.AppendOnce(ctx, "bad", rows)
				return err
			})
		default:
			c.append(t.Context(), fmt.Sprintf("key %d", i))
		}
		c.until(t, i+1, first)
	}
	// A second lock stands behind the first batches and before the rest.
	next := make(chan func(), 1)
	go func() { next <- c.lock(t) }()
	c.blocked(t, first+1)
	release()
	release = <-next
	c.until(t, 0, 1) // all others are one group, which waits
	cancel()
	if err := <-c.errs[first+1]; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrCommitUnknown) {
		t.Errorf("cancelled: error is %v, want the context's alone", err)
	}
	release()
	for i, err := range c.errs {
		want := 3
		switch i {
		case first + 1:
			want = 0
		case first + 4:
			want = 0
			var row *store.RowError
			if err := <-err; !errors.As(err, &row) || row.Row != 1 || !errors.Is(err, store.ErrConstraint) {
				t.Errorf("bad: error is %v, want a *store.RowError of row 1 with store.ErrConstraint", err)
			}
		default:
			if err := <-err; err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		}
		if n := c.stored(t, i); n != want {
			t.Errorf("writer %d: %d rows are there, want %d", i, n, want)
		}
	}
	if n := ask[int](t, c.url, "SELECT count(*) FROM "+c.name+".galley_batches"); n != more-2 {
		t.Errorf("%d keys are there, want %d", n, more-2)
	}
}

// TestGroupSevered cuts the connection at each message of a group's transaction
// and of the one before it. Each of its batches gets the true outcome.
func TestGroupSevered(t *testing.T) {
	testtime.Minutes(t)
	server := pgcluster.URL(t)
	proxy, through := newProxy(t, server)
	c := &crowd{url: server, name: namespace(t, server)}
	c.db = open(t, with(through, "application_name", c.name), postgres.Options{Schema: c.name, MaxConns: 1})
	retry, err := table.Open(t.Context(), c.db, table.Options[part]{})
	if err != nil {
		t.Fatal(err)
	}
	if c.tab, err = table.Open(t.Context(), c.db, table.Options[part]{Retrier: backoff.None()}); err != nil {
		t.Fatal(err)
	}
	unknown, failed := 0, 0
	for direction := range 2 {
		for message, cuts := 0, 1; cuts > 0; message++ {
			at := fmt.Sprintf("direction %d, message %d", direction, message)
			first := len(c.errs)
			release := c.lock(t)
			c.fill(t, 1)
			for i := range 5 {
				if i%2 == 0 {
					c.append(t.Context(), "")
					continue
				}
				c.start(t.Context(), func(ctx context.Context, rows []part) error {
					_, err := retry.AppendOnce(ctx, fmt.Sprint(at, " key ", i), rows)
					return err
				})
			}
			c.until(t, 5, 1)
			proxy.arm(cut{direction, message, message%2 == 1}, 1)
			release()
			var errs []error
			for _, err := range c.errs[first:] {
				errs = append(errs, <-err)
			}
			_, cuts = proxy.disarm()
			for ask[int](t, server, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND xact_start IS NOT NULL", c.name) > 0 {
			}
			for i, err := range errs {
				n := c.stored(t, first+i)
				switch keyed := i == 2 || i == 4; {
				case err == nil && n != 3, keyed && err != nil, n != 0 && n != 3:
					t.Errorf("%s, writer %d: %d rows are there, error is %v", at, i, n, err)
				case errors.Is(err, store.ErrCommitUnknown):
					unknown++
				case err != nil:
					failed++
					if n != 0 {
						t.Errorf("%s, writer %d: it failed, and %d rows are there: %v", at, i, n, err)
					}
				}
			}
		}
	}
	if unknown == 0 || failed == 0 {
		t.Errorf("%d batches were left open and %d failed; want some of each", unknown, failed)
	}
	t.Logf("%d batches failed, %d were left open", failed, unknown)
}
