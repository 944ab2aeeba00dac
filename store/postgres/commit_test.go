package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestAfterCommit: which of the server's answers to a COMMIT prove that nothing
// is stored.
func TestAfterCommit(t *testing.T) {
	code := func(c string) error { return fmt.Errorf("COMMIT: %w", &pgconn.PgError{Code: c}) }
	for name, c := range map[string]struct {
		err     error
		unknown bool
	}{
		"serialization failure":        {code("40001"), false},
		"deadlock":                     {code("40P01"), false},
		"a deferred constraint":        {code("23503"), false},
		"a transaction that failed":    {code("25P02"), false},
		"a lock":                       {code("55P03"), false},
		"completion unknown":           {code("40003"), true},
		"a server that stops":          {code("57P01"), true},
		"another server was lost":      {code("08006"), true},
		"a disk that is full":          {code("53100"), true},
		"no answer":                    {io.ErrUnexpectedEOF, true},
		"a connection that was closed": {pgconn.ErrConnClosed, true},
	} {
		got := afterCommit(c.err)
		if unknown := errors.Is(got, store.ErrCommitUnknown); unknown != c.unknown || !errors.Is(got, c.err) {
			t.Errorf("%s: error is %v, want one that is store.ErrCommitUnknown: %v", name, got, c.unknown)
		}
	}
}

// TestBeforeCommit: a connection that is lost before COMMIT was sent is a reason
// to try again; what the server has against the statement is not.
func TestBeforeCommit(t *testing.T) {
	code := func(c string) error { return fmt.Errorf("INSERT: %w", &pgconn.PgError{Code: c}) }
	db := &DB{}
	for name, c := range map[string]struct {
		err  error
		lost bool
	}{
		"a server that stops":     {code("57P01"), true},
		"a server that crashed":   {code("57P02"), true},
		"an idle session ended":   {code("57P05"), true},
		"another server was lost": {code("08006"), true},
		"no answer":               {io.ErrUnexpectedEOF, true},
		"a pooler that gives up":  {&pgconn.PgError{Code: "08P01", SeverityUnlocalized: "FATAL"}, true},
		"a malformed value":       {&pgconn.PgError{Code: "08P01", SeverityUnlocalized: "ERROR"}, false},
		"a constraint":            {code("23505"), false},
		"a syntax error":          {code("42601"), false},
		"cancelled by the server": {code("57014"), false},
		"a disk that is full":     {code("53100"), false},
	} {
		got := beforeCommit(t.Context(), c.err)
		if db.Retryable(got) != c.lost || !errors.Is(got, c.err) || errors.Is(got, store.ErrCommitUnknown) {
			t.Errorf("%s: error is %v, want one that is retryable: %v", name, got, c.lost)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := beforeCommit(ctx, io.ErrUnexpectedEOF); !errors.Is(got, context.Canceled) || db.Retryable(got) {
		t.Errorf("an ended context: error is %v, want context.Canceled", got)
	}
}

// openOwn opens a namespace of its own with an empty table t of one column n.
func openOwn(t *testing.T, name string) (*DB, *schema.Schema) {
	t.Helper()
	db, err := Open(t.Context(), pgcluster.URL(t), Options{Schema: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.transact(context.Background(), func(tx *transaction) error { return tx.script(context.Background(), "DROP SCHEMA "+name+" CASCADE") }); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := schema.New("t", []schema.Column{{Name: "n", Type: schema.Int16}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	return db, s
}

// stored is the number of rows in the table t.
func stored(t *testing.T, db *DB) (n string) {
	t.Helper()
	err := db.ask(t.Context(), func(ctx context.Context, s *session) error {
		row, err := s.row(ctx, "SELECT count(*) FROM "+db.quoted("t"))
		n = row[0]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRolledBack: a server that answers COMMIT with ROLLBACK, as it does where
// a statement before has failed, has stored nothing, and that is an error.
func TestRolledBack(t *testing.T) {
	testtime.Seconds(t)
	db, _ := openOwn(t, "galley_rolled_back")
	err := db.transact(t.Context(), func(tx *transaction) error {
		if _, err := tx.exec(t.Context(), "INSERT INTO "+db.quoted("t")+" VALUES (1)"); err != nil {
			return err
		}
		if _, err := tx.exec(t.Context(), "SELECT 1 / 0"); err == nil {
			t.Error("1 / 0 is no error")
		}
		return nil
	})
	if err == nil || errors.Is(err, store.ErrCommitUnknown) {
		t.Errorf("error is %v, want one that nothing is stored after", err)
	}
	if n := stored(t, db); n != "0" {
		t.Errorf("%s rows, want 0", n)
	}
}

// TestCancelledBeforeCommit: a batch whose context has ended by the time of its
// COMMIT is rolled back.
func TestCancelledBeforeCommit(t *testing.T) {
	testtime.Seconds(t)
	db, _ := openOwn(t, "galley_cancelled")
	ctx, cancel := context.WithCancel(t.Context())
	err := db.transact(ctx, func(tx *transaction) error {
		defer cancel()
		_, err := tx.exec(ctx, "INSERT INTO "+db.quoted("t")+" VALUES (1)")
		return err
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrCommitUnknown) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	if n := stored(t, db); n != "0" {
		t.Errorf("%s rows, want 0", n)
	}
}

// bound are rows of the table t.
type bound struct {
	values []int64
	before func()
}

func (b bound) Len() int { return len(b.values) }
func (b bound) Bind(i int, w schema.Writer) error {
	if b.before != nil {
		b.before()
	}
	w.Int64(0, b.values[i])
	return nil
}

// TestBoundBefore: rows are bound before a connection is taken, so that code of
// the caller's holds none.
func TestBoundBefore(t *testing.T) {
	db, s := openOwn(t, "galley_bound")
	looked := 0
	b := &store.Batch{Schema: s, Key: "k", Rows: bound{[]int64{1, 2, 3}, func() {
		looked++
		if n := db.writers.Stat().AcquiredConns(); n != 0 {
			t.Errorf("%d connections are taken while rows are bound", n)
		}
	}}}
	if _, err := store.Insert(t.Context(), db, b); err != nil || looked != 3 {
		t.Errorf("%v; %d rows were bound, want 3", err, looked)
	}
}

// TestIntegerRange: an integer that its column does not hold is refused.
func TestIntegerRange(t *testing.T) {
	db, s := openOwn(t, "galley_integers")
	for _, n := range []int64{-32_769, 32_768, 1 << 40} {
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: bound{values: []int64{-32_768, 32_767, n}}})
		var row *store.RowError
		if !errors.As(err, &row) || row.Row != 2 || row.Column != "n" || !errors.Is(err, schema.ErrOverflow) {
			t.Errorf("%d: error is %v, want a *store.RowError of schema.ErrOverflow", n, err)
		}
	}
	if n := stored(t, db); n != "0" {
		t.Errorf("%s rows, want 0", n)
	}
}

// TestIdleInTransaction: a server that ends a transaction because the client
// was silent for too long, as when it is stopped, has stored nothing of it. That
// is a reason to try again, also where it is learned from the answer to COMMIT.
func TestIdleInTransaction(t *testing.T) {
	db, _ := openOwn(t, "galley_idle")
	for _, by := range []string{"the next statement", "COMMIT"} {
		err := db.transact(t.Context(), func(tx *transaction) error {
			if err := tx.script(t.Context(), "SET LOCAL idle_in_transaction_session_timeout TO 1"); err != nil {
				return err
			}
			if _, err := tx.exec(t.Context(), "INSERT INTO "+db.quoted("t")+" VALUES (1)"); err != nil {
				return err
			}
			pid := fmt.Sprint(tx.pg.PID())
			for alive := "1"; alive != "0"; {
				err := db.ask(t.Context(), func(ctx context.Context, s *session) error {
					row, err := s.row(ctx, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid)
					alive = row[0]
					return err
				})
				if err != nil {
					return err
				}
			}
			if by == "COMMIT" {
				return nil
			}
			_, err := tx.exec(t.Context(), "SELECT 1")
			return err
		})
		if err := afterCommit(&pgconn.PgError{Code: "25P03"}); !db.Retryable(err) {
			t.Errorf("as the answer to COMMIT: error is %v, want one that is retryable", err)
		}
		// Once the server's process has gone, the write fails before its message is
		// read. Then nothing is known of a COMMIT.
		severed := errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
		if unknown := errors.Is(err, store.ErrCommitUnknown); severed && unknown && by == "COMMIT" {
			continue
		} else if unknown || !db.Retryable(err) || !severed && sqlState(err) != "25P03" {
			t.Errorf("%s: error is %v, want 25P03, retryable", by, err)
		}
	}
	if n := stored(t, db); n != "0" {
		t.Errorf("%s rows, want 0", n)
	}
}
