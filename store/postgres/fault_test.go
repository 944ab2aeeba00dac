package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

type part struct {
	N     int64
	Name  string
	Batch string `db:",batch,index"`
}

func parts(first, n int) []part {
	rows := make([]part, n)
	for i := range rows {
		rows[i] = part{N: int64(first + i), Name: fmt.Sprintf("part %d", i)}
	}
	return rows
}

// severed is a way of writing that a connection is cut under.
type severed struct {
	name  string
	rows  int
	keyed bool
	write func(tab *table.Table[part], key string, rows []part) error
}

// errNotApplied says that a call does not count the rows that it has stored.
var errNotApplied = errors.New("the batch of the call is not applied")

var severedWrites = []severed{
	{"Append", 3, false, func(tab *table.Table[part], _ string, rows []part) error {
		return tab.Append(context.Background(), rows)
	}},
	{"AppendLarge", 2_500, false, func(tab *table.Table[part], _ string, rows []part) error {
		return tab.Append(context.Background(), rows)
	}},
	{"AppendOnce", 3, true, func(tab *table.Table[part], key string, rows []part) error {
		applied, err := tab.AppendOnce(context.Background(), key, rows)
		if err == nil && !applied {
			err = errNotApplied
		}
		return err
	}},
	{"Replace", 3, true, func(tab *table.Table[part], key string, rows []part) error {
		res, err := tab.Replace(context.Background(), key, rows)
		if err == nil && res != (table.Result{Applied: true, Inserted: int64(len(rows))}) {
			err = errNotApplied
		}
		return err
	}},
	{"Ignore", 3, false, func(tab *table.Table[part], _ string, rows []part) error {
		_, err := tab.Ignore(context.Background(), rows)
		return err
	}},
}

// TestCutConnectionsReportTheTruth cuts the connection at each message of a write and of its
// answer, and in the middle of each. Every report is true: a write
// that succeeded is stored once, one that failed is not stored, and one that may be
// either is stored whole or not at all. A key settles it.
func TestCutConnectionsReportTheTruth(t *testing.T) {
	testtime.Minutes(t)
	server := pgcluster.URL(t)
	for mode, atomic := range map[string]postgres.CopyMode{"COPY": postgres.Always, "INSERT": postgres.Never} {
		for _, w := range severedWrites {
			t.Run(mode+"/"+w.name, func(t *testing.T) {
				t.Parallel()
				s := newSevering(t, server, postgres.Options{Copy: atomic}, w)
				s.sever(t)
			})
		}
	}
}

// severing writes through a proxy, and looks at the server past it.
type severing struct {
	severed
	proxy       *proxy
	once, again *table.Table[part] // without retrying, and with
	application string
	direct      *pgx.Conn
	counted     string // the query for the rows of a batch
	tried       int
}

func newSevering(t *testing.T, server string, opts postgres.Options, w severed) *severing {
	t.Helper()
	ctx := context.Background()
	s := &severing{severed: w, application: namespace(t, server)}
	opts.Schema = s.application
	opts.MaxConns = 2
	var through string
	s.proxy, through = newProxy(t, server)
	db := open(t, with(through, "application_name", s.application), opts)
	var err error
	if s.once, err = table.Open(ctx, db, table.Options[part]{Retrier: backoff.None()}); err != nil {
		t.Fatal(err)
	}
	if s.again, err = table.Open(ctx, db, table.Options[part]{}); err != nil {
		t.Fatal(err)
	}
	if s.direct, err = pgx.Connect(ctx, server); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.direct.Close(ctx) })
	s.counted = fmt.Sprintf("SELECT count(*) FROM %s.part WHERE n BETWEEN $1 AND $2", s.application)
	return s
}

// stored is how many of the rows exist, once the server has noticed that
// the client is gone.
func (s *severing) stored(t *testing.T, rows []part) int {
	t.Helper()
	for busy := 1; busy > 0; {
		err := s.direct.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND xact_start IS NOT NULL",
			s.application).Scan(&busy)
		if err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	err := s.direct.QueryRow(context.Background(), s.counted, rows[0].N, rows[len(rows)-1].N).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// try writes a new batch while the connection is cut.
func (s *severing) try(t *testing.T, tab *table.Table[part], at cut, times int) (rows []part, key string, err error, cuts int) {
	t.Helper()
	s.tried++
	key = fmt.Sprintf("batch %d", s.tried)
	rows = parts(s.tried*100_000, s.rows)
	s.proxy.arm(at, times)
	err = s.write(tab, key, rows)
	_, cuts = s.proxy.disarm()
	return rows, key, err, cuts
}

func (s *severing) sever(t *testing.T) {
	s.proxy.arm(cut{}, 0)
	rows := parts(0, s.rows)
	if err := s.write(s.once, "dry", rows); err != nil {
		t.Fatal(err)
	}
	count, _ := s.proxy.disarm()
	if count[toServer] < 3 || count[toClient] < 3 {
		t.Fatalf("the proxy saw %v messages", count)
	}
	unknown, failed := 0, 0
	for direction, messages := range count {
		for message := range messages {
			for _, half := range []bool{false, true} {
				at := cut{direction, message, half}
				// Large batches have many messages of data, which are alike.
				if messages > 24 && message > 8 && message < messages-8 {
					continue
				}
				u, f := s.severAt(t, at)
				unknown, failed = unknown+u, failed+f
			}
		}
	}
	// The guard against a test that cuts nothing.
	if unknown == 0 || failed == 0 {
		t.Errorf("%d writes were left open and %d failed; want some of each", unknown, failed)
	}
	t.Logf("messages %v: %d writes failed, %d were left open", count, failed, unknown)
}

func (s *severing) severAt(t *testing.T, at cut) (unknown, failed int) {
	t.Helper()
	rows, key, err, cuts := s.try(t, s.once, at, 1)
	n := s.stored(t, rows)
	switch {
	case cuts == 0 && err != nil:
		t.Errorf("%+v: nothing was cut, and the error is %v", at, err)
	case err == nil && n != s.rows:
		t.Errorf("%+v: the write succeeded, and %d of %d rows are there", at, n, s.rows)
	case errors.Is(err, store.ErrCommitUnknown):
		unknown++
		if n != 0 && n != s.rows {
			t.Errorf("%+v: the write was left open, and %d of %d rows are there: %v", at, n, s.rows, err)
		}
	case err != nil:
		failed++
		if n != 0 {
			t.Errorf("%+v: the write failed, and %d rows are there: %v", at, n, err)
		}
	}
	if s.keyed && err != nil {
		// Another call finds what the first has stored.
		if err := s.write(s.again, key, rows); err != nil && !(errors.Is(err, errNotApplied) && n == s.rows) {
			t.Errorf("%+v: again: %v", at, err)
		}
		if n := s.stored(t, rows); n != s.rows {
			t.Errorf("%+v: again: %d of %d rows are there", at, n, s.rows)
		}
	}
	// With a Retrier, and cut three times over.
	rows, _, err, _ = s.try(t, s.again, at, 3)
	n = s.stored(t, rows)
	switch {
	case err == nil && n != s.rows, err != nil && s.keyed, n != 0 && n != s.rows:
		t.Errorf("%+v: with a Retrier: %d of %d rows are there, error is %v", at, n, s.rows, err)
	case err != nil && !errors.Is(err, store.ErrCommitUnknown):
		t.Errorf("%+v: with a Retrier: error is %v, want store.ErrCommitUnknown", at, err)
	}
	return unknown, failed
}

// TestCancelledInCommit: a context that ends while the server commits does not
// stop it. The batch is stored, and is reported so.
func TestCancelledInCommit(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	tab := openParts(t, db)
	sql(t, url, "CREATE FUNCTION "+name+".slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(hashtextextended(TG_TABLE_SCHEMA, 0)); RETURN NULL; END'",
		"CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON "+name+".part DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "+name+".slowly()")
	release := hold(t, url, "SELECT pg_advisory_xact_lock(hashtextextended('"+name+"', 0))")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- tab.Append(ctx, parts(0, 2_500)) }()
	for waiting := 0; waiting == 0; {
		waiting = ask[int](t, url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND query = 'COMMIT'")
	}
	cancel()
	release()
	if err := <-done; err != nil {
		t.Errorf("error is %v, and the batch is stored", err)
	}
	if n := ask[int](t, url, "SELECT count(*) FROM "+name+".part"); n != 2_500 {
		t.Errorf("%d rows, want 2500", n)
	}
}
