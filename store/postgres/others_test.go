package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestOthersWait: a batch that is under way on another host, and not committed, is
// waited for, at each isolation that a server may have by default.
func TestOthersWait(t *testing.T) {
	url := pgcluster.URL(t)
	there := errors.New("another is there")
	for _, isolation := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(isolation, func(t *testing.T) {
			name := namespace(t, url)
			from := with(url, "default_transaction_isolation", strings.ReplaceAll(isolation, " ", "%20"))
			tab, err := table.Open(t.Context(), open(t, from, postgres.Options{Schema: name}), table.Options[part]{})
			if err != nil {
				t.Fatal(err)
			}
			put := func(db *postgres.DB, key string, check func()) error {
				_, err := store.InsertRetry(context.Background(), db, &store.Batch{Schema: tab.Schema(), Key: key, Rows: partRows(parts(1, 3)),
					Others: &store.Others{Prefix: "file", Check: func(keys []string) error {
						check()
						if len(keys) > 0 {
							return there
						}
						return nil
					}}}, backoff.Exponential{}.Do)
				return err
			}
			second := make(chan error, 1)
			begun := false
			err = put(open(t, from, postgres.Options{Schema: name}), "file whole", func() {
				if begun {
					return
				}
				begun = true
				done := make(chan struct{})
				other := open(t, from, postgres.Options{Schema: name})
				go func() {
					defer close(done)
					second <- put(other, "file part", func() {})
				}()
				for ask[int](t, url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE '%hashtextextended%'") == 0 {
					select {
					case <-done:
						return
					default:
					}
				}
			})
			if err != nil {
				t.Errorf("the first batch: %v", err)
			}
			if err := <-second; !errors.Is(err, there) {
				t.Errorf("the second batch: %v, want that the first is there", err)
			}
			if n, err := tab.Count(t.Context()); err != nil || n != 3 {
				t.Errorf("%d rows, %v; want those of one batch, 3", n, err)
			}
		})
	}
}

// TestOthersBeingRemoved: a batch does not count on another one that a transaction
// removes, which has not committed yet.
func TestOthersBeingRemoved(t *testing.T) {
	url := pgcluster.URL(t)
	ctx := context.Background()
	gone := errors.New("the other is gone")
	name := namespace(t, url)
	db := open(t, url, postgres.Options{Schema: name})
	tab := openParts(t, db)
	if _, err := tab.AppendOnce(ctx, "file part", parts(1, 3)); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	tx, err := c.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM "+name+".galley_batches WHERE key = 'file part'")
	}
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := store.Insert(ctx, db, &store.Batch{Schema: tab.Schema(), Key: "file whole", Rows: partRows(nil),
			Others: &store.Others{Prefix: "file", Check: func(keys []string) error {
				if len(keys) == 0 {
					return gone
				}
				return nil
			}}})
		done <- err
	}()
	var stored error
	waits := true
	for waits && ask[int](t, url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%starts_with%' AND query LIKE '%"+name+"%'") == 0 {
		select {
		case stored = <-done:
			waits = false
		default:
		}
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if waits {
		stored = <-done
	}
	if !errors.Is(stored, gone) {
		t.Errorf("%v, want that the other is gone", stored)
	}
}
