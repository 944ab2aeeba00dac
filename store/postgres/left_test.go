package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
)

// partRows are rows of the table part.
type partRows []part

func (r partRows) Len() int { return len(r) }
func (r partRows) Bind(i int, w schema.Writer) error {
	w.Int64(0, r[i].N)
	w.Text(1, r[i].Name)
	w.Text(2, r[i].Batch)
	return nil
}

// TestLeftGroup leaves a group whose COMMIT takes long. The next Try of the
// batch waits for that group and returns its Result.
func TestLeftGroup(t *testing.T) {
	c := newCrowd(t, postgres.Options{MaxConns: 1, CommitWait: 1}, backoff.None())
	sql(t, c.url, "CREATE FUNCTION "+c.name+".slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(hashtextextended(TG_TABLE_SCHEMA, 0)); RETURN NULL; END'",
		"CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON "+c.name+".part DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.n > 999) EXECUTE FUNCTION "+c.name+".slowly()")
	commit := hold(t, c.url, "SELECT pg_advisory_xact_lock(hashtextextended('"+c.name+"', 0))")
	release := c.lock(t)
	c.fill(t, 1)
	c.append(t.Context(), "")
	c.until(t, 1, 1)
	in, err := c.db.Begin(&store.Batch{Schema: c.tab.Schema(), Key: "left", Rows: partRows(parts(5_000, 3))})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	ctx, cancel := context.WithCancel(t.Context())
	tried := make(chan error, 1)
	go func() {
		_, err := in.Try(ctx)
		tried <- err
	}()
	c.until(t, 2, 1)
	release()
	for ask[int](t, c.url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND query = 'COMMIT'") == 0 {
	}
	cancel()
	if err := <-tried; !errors.Is(err, store.ErrCommitUnknown) || !errors.Is(err, context.Canceled) {
		t.Fatalf("left: error is %v, want store.ErrCommitUnknown and the context's", err)
	}
	results := make(chan store.Result, 1)
	go func() {
		res, err := in.Try(t.Context())
		if err != nil {
			t.Errorf("the next attempt: %v", err)
		}
		results <- res
	}()
	commit()
	if res := <-results; !res.Applied || res.Inserted != 3 {
		t.Errorf("the next attempt: %+v, want 3 rows that were inserted", res)
	}
	for i, err := range c.errs {
		if err := <-err; err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if n := c.stored(t, 5); n != 3 {
		t.Errorf("%d rows are there, want 3", n)
	}
}
