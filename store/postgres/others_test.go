package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

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
