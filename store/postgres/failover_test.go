package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// retrying opens the table of parts with a Retrier that calls notify when an
// attempt has failed.
func retrying(t *testing.T, db *postgres.DB, notify func(err error, attempt int)) *table.Table[part] {
	t.Helper()
	tab, err := table.Open(t.Context(), db, table.Options[part]{Retrier: backoff.Exponential{
		Notify: func(err error, attempt int, _ time.Duration) { notify(err, attempt) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// TestStandbyIsRetriedUntilPromoted writes to a server that has become a standby: the batch is tried
// again until it is promoted. target_session_attrs=read-write, the usual string
// for a failover, is one way to say so.
func TestStandbyIsRetriedUntilPromoted(t *testing.T) {
	testtime.Minutes(t)
	cluster := pgcluster.Start(t)
	for name, url := range map[string]string{"any": cluster.URL(), "read-write": with(cluster.URL(), "target_session_attrs", "read-write")} {
		t.Run(name, func(t *testing.T) {
			db := open(t, url, postgres.Options{Schema: "standby_" + name})
			promoted := false
			tab := retrying(t, db, func(err error, attempt int) {
				if !promoted && errors.Is(err, store.ErrCommitUnknown) {
					t.Errorf("attempt %d: %v", attempt, err)
				}
				if attempt >= 2 && !promoted {
					promoted = true
					if err := cluster.Promote(); err != nil {
						t.Error(err)
					}
				}
			})
			if err := tab.Append(t.Context(), parts(0, 2)); err != nil {
				t.Fatal(err)
			}
			if err := cluster.Demote(); err != nil {
				t.Fatal(err)
			}
			if applied, err := tab.AppendOnce(t.Context(), "k", parts(2, 3)); !applied || err != nil {
				t.Errorf("applied is %v, %v", applied, err)
			}
			if n, err := tab.Count(t.Context()); n != 5 || err != nil || !promoted {
				t.Errorf("%d rows, %v, want 5; promoted is %v", n, err, promoted)
			}
		})
	}
}

// TestReadOnlyForNow makes a server read-only under open connections. A caller
// that needs a writable server waits, and the others get an error.
func TestReadOnlyForNow(t *testing.T) {
	testtime.Minutes(t)
	cluster := pgcluster.Start(t)
	readOnly := func(value string) {
		execute(t, cluster.URL(), "SET default_transaction_read_only TO off", "ALTER SYSTEM SET default_transaction_read_only TO "+value, "SELECT pg_reload_conf()")
	}
	writable := true
	waiting := open(t, with(cluster.URL(), "target_session_attrs", "read-write"), postgres.Options{Schema: "waiting"})
	tab := retrying(t, waiting, func(err error, attempt int) {
		if attempt >= 2 && !writable {
			writable = true
			readOnly("off")
		}
	})
	told := openParts(t, open(t, cluster.URL(), postgres.Options{Schema: "told"}))
	for _, tab := range []*table.Table[part]{tab, told} {
		if err := tab.Append(t.Context(), parts(0, 2)); err != nil {
			t.Fatal(err)
		}
	}
	writable = false
	readOnly("on")
	for err := error(nil); err == nil; { // the server reads its settings a little later
		if err = told.Append(t.Context(), parts(2, 1)); err != nil && !errors.Is(err, store.ErrReadOnly) {
			t.Fatalf("error is %v, want store.ErrReadOnly", err)
		}
	}
	if applied, err := tab.AppendOnce(t.Context(), "k", parts(2, 3)); !applied || err != nil {
		t.Errorf("applied is %v, %v", applied, err)
	}
	if n, err := tab.Count(t.Context()); n != 5 || err != nil {
		t.Errorf("%d rows, %v, want 5", n, err)
	}
}

// execute runs statements one after the other, on one connection.
func execute(t *testing.T, url string, statements ...string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	for _, s := range statements {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestCanceledReplicationIsCommitUnknown ends the server's wait for a synchronous standby: the batch
// is stored, but may not survive.
func TestCanceledReplicationIsCommitUnknown(t *testing.T) {
	testtime.Seconds(t)
	cluster := pgcluster.Start(t)
	db := open(t, cluster.URL(), postgres.Options{Schema: "unreplicated"})
	tab := openParts(t, db)
	execute(t, cluster.URL(), "ALTER SYSTEM SET synchronous_standby_names TO nobody")
	// A server that reloads its settings applies them a little later. One that
	// starts has them from its first commit.
	if err := errors.Join(cluster.Stop("fast"), cluster.Run()); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.WithoutCancel(t.Context()))
	// cancel ends one wait, and returns when its statement had begun.
	cancel := func() time.Time {
		var began *time.Time
		for ended := 0; ended == 0; {
			err := c.QueryRow(t.Context(), "SELECT count(pg_cancel_backend(pid)), max(query_start) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").Scan(&ended, &began)
			if err != nil {
				t.Fatal(err)
			}
		}
		return *began
	}
	for name, write := range map[string]func() error{
		"Append":  func() error { return tab.Append(t.Context(), parts(0, 3)) },
		"a large": func() error { return tab.Append(t.Context(), parts(10, 3_000)) },
		"Ignore":  func() error { _, err := tab.Ignore(t.Context(), parts(5_000, 3)); return err },
	} {
		done := make(chan error, 1)
		go func() { done <- write() }()
		cancel()
		if err := <-done; !errors.Is(err, store.ErrCommitUnknown) {
			t.Errorf("%s: error is %v, want store.ErrCommitUnknown", name, err)
		}
	}
	// A key settles it, and what was not waited for in vain is waited for again.
	type outcome struct {
		applied bool
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		applied, err := tab.AppendOnce(t.Context(), "k", parts(20_000, 3))
		done <- outcome{applied, err}
	}()
	began := cancel()
	for again := 0; again == 0; {
		select {
		case got := <-done:
			t.Fatalf("applied is %v, %v, before the server waited again", got.applied, got.err)
		default:
		}
		err := c.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query_start > $1", began).Scan(&again)
		if err != nil {
			t.Fatal(err)
		}
	}
	execute(t, cluster.URL(), "SET synchronous_commit TO local", "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
	if got := <-done; !got.applied || got.err != nil {
		t.Errorf("applied is %v, %v", got.applied, got.err)
	}
	if n, err := tab.Count(t.Context()); n != 3_009 || err != nil {
		t.Errorf("%d rows, %v, want 3,009", n, err)
	}
}

// TestReadAfterRestart: connections that a restart of the server has closed are
// replaced, and no reader gets an error.
func TestReadAfterRestart(t *testing.T) {
	testtime.Seconds(t)
	cluster := pgcluster.Start(t)
	db := open(t, cluster.URL(), postgres.Options{Schema: "restart"})
	tab := openParts(t, db)
	if err := tab.Append(t.Context(), parts(0, 3)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var loops func(depth int)
		loops = func(depth int) { // each holds a connection
			for range tab.All(t.Context()) {
				if depth > 0 {
					loops(depth - 1)
				}
				break
			}
		}
		loops(3)
		execute(t, cluster.URL(), "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'galley'")
		if n, err := tab.Count(t.Context()); n != 3 || err != nil {
			t.Errorf("Count is %d, %v, want 3", n, err)
		}
		if done, err := tab.Done(t.Context(), "k"); done || err != nil {
			t.Errorf("Done is %v, %v", done, err)
		}
		n := 0
		for _, err := range tab.All(t.Context()) {
			if err != nil {
				t.Error(err)
			}
			n++
		}
		if n != 3 {
			t.Errorf("%d rows, want 3", n)
		}
	}
}
