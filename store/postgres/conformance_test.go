package postgres_test

import (
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/storetest"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
)

// TestConformance holds a server against the suite, with COPY and without.
func TestConformance(t *testing.T) {
	testtime.Seconds(t)
	url := pgcluster.URL(t)
	for name, opts := range map[string]postgres.Options{
		"COPY":   {},
		"INSERT": {Copy: postgres.Never},
	} {
		t.Run(name, func(t *testing.T) {
			if opts.Copy == postgres.Never {
				testtime.Minutes(t)
			}
			conform(t, url, opts, storetest.Suite{})
		})
	}
}

func conform(t *testing.T, url string, opts postgres.Options, suite storetest.Suite) {
	names := map[store.Backend]string{}
	opened := func(t *testing.T, name string) store.Backend {
		o := opts
		o.Schema = name
		db := open(t, url, o)
		names[db] = name
		return db
	}
	suite.Open = func(t *testing.T) store.Backend { return opened(t, namespace(t, url)) }
	suite.Again = func(t *testing.T, b store.Backend) store.Backend { return opened(t, names[b]) }
	if !suite.NoKeys { // a table that is spread over servers cannot be changed in one place
		suite.ByHand = func(t *testing.T, b store.Backend, statements ...string) {
			sql(t, url, "BEGIN; SET LOCAL search_path TO "+names[b]+"; "+strings.Join(statements, "; ")+"; COMMIT")
		}
	}
	suite.Run(t)
}
