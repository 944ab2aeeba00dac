package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
)

// TestGroupModel has writers of many kinds share transactions: good and bad
// batches, keys that several store at once, and contexts that end at some
// moment. Each gets the true outcome of its own batch.
func TestGroupModel(t *testing.T) {
	testtime.Seconds(t)
	c := newCrowd(t, postgres.Options{MaxConns: 2}, nil)
	sql(t, c.url, "ALTER TABLE "+c.name+".part ADD CHECK (n % 1000 <> 999)")
	round, told := 0, map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		round++
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		first := len(c.errs)
		writers := rapid.IntRange(2, 16).Draw(r, "writers")
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"good", "good", "keyed", "shared", "bad", "bad shared", "cancelled"}), writers, writers).Draw(r, "kinds")
		applied := make([]bool, writers)
		for i, kind := range kinds {
			c.start(t.Context(), func(always context.Context, rows []part) (err error) {
				switch kind {
				case "good":
					return c.tab.Append(always, rows)
				case "keyed":
					applied[i], err = c.tab.AppendOnce(always, fmt.Sprint("own ", round, " ", i), rows)
				case "cancelled":
					applied[i], err = c.tab.AppendOnce(ctx, fmt.Sprint("cancelled ", round, " ", i), rows)
				case "bad", "bad shared":
					rows[2].N += 997 // which ends in 999
					if kind == "bad" {
						return c.tab.Append(always, rows)
					}
					fallthrough
				case "shared":
					applied[i], err = c.tab.AppendOnce(always, fmt.Sprint("shared ", round), rows)
				}
				return err
			})
		}
		// Some get their answer before the cancellation.
		errs := make([]error, writers)
		early := rapid.IntRange(0, writers).Draw(r, "early")
		for i := range writers {
			if i == early {
				cancel()
			}
			if kinds[i] != "cancelled" || i > early {
				errs[i] = <-c.errs[first+i]
			}
		}
		cancel()
		shared := 0
		for i, kind := range kinds {
			if kind == "cancelled" && i <= early {
				errs[i] = <-c.errs[first+i]
			}
			want := 3
			switch err := errs[i]; {
			case errors.Is(err, store.ErrCommitUnknown):
				r.Fatalf("writer %d, %s: %v: no connection was lost", i, kind, err)
			case err != nil:
				want = 0
			case kind == "shared" || kind == "bad shared":
				if !applied[i] {
					want = 0
				}
				shared += want
			case (kind == "keyed" || kind == "cancelled") && !applied[i]:
				r.Errorf("writer %d, %s: its own key was not applied", i, kind)
			}
			if n := c.stored(t, first+i); n != want {
				r.Errorf("writer %d, %s: %d rows are there, want %d; the error is %v", i, kind, n, want, errs[i])
			}
			var row *store.RowError
			switch kind {
			case "good", "keyed", "shared":
				if errs[i] != nil {
					r.Errorf("writer %d, %s: %v", i, kind, errs[i])
				}
			case "bad":
				if !errors.As(errs[i], &row) || row.Row != 2 {
					r.Errorf("writer %d, %s: error is %v, want a *store.RowError of row 2", i, kind, errs[i])
				}
			case "bad shared": // it may find the key stored by another
				if errs[i] == nil && applied[i] || errs[i] != nil && (!errors.As(errs[i], &row) || row.Row != 2) {
					r.Errorf("writer %d, %s: applied is %v, error is %v", i, kind, applied[i], errs[i])
				}
			case "cancelled":
				if errs[i] != nil && !errors.Is(errs[i], context.Canceled) {
					r.Errorf("writer %d, %s: error is %v", i, kind, errs[i])
				}
			}
			told[fmt.Sprint(kind, " ", errs[i] == nil)]++
		}
		if shared > 3 {
			r.Errorf("the shared key has %d rows", shared)
		}
	})
	if told["cancelled true"] == 0 || told["cancelled false"] == 0 || told["bad shared true"] == 0 {
		t.Errorf("the courses are too much alike: %v", told)
	}
	t.Log(told)
}
