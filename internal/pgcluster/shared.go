package pgcluster

import (
	"errors"
	"os"
	"sync"
	"testing"
)

// howTo says how to get a server.
const howTo = "install Debian's package postgresql (apt-get install postgresql), or name a server by GALLEY_TEST_POSTGRES=postgres://…"

// skip ends a test that has no server.
func skip(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("GALLEY_REQUIRE_POSTGRES") == "1" || !errors.Is(err, errMissing) {
		t.Fatalf("%v; %s", err, howTo)
	}
	t.Skipf("%v; %s", err, howTo)
}

var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

// URL is the connection string of a server that the package's tests share:
// that of GALLEY_TEST_POSTGRES, or one that is started when first asked for. A
// package that calls URL has a TestMain that runs [Tests].
func URL(t testing.TB) string {
	t.Helper()
	if url := os.Getenv("GALLEY_TEST_POSTGRES"); url != "" {
		return url
	}
	shared.once.Do(func() { shared.cluster, shared.err = start() })
	if shared.err != nil {
		skip(t, shared.err)
	}
	return shared.cluster.URL()
}

// Tests are a package's tests, for its TestMain.
type Tests struct{ M *testing.M }

// Run runs the tests, and ends the server that they shared. It returns the
// status for os.Exit.
func (t Tests) Run() int {
	defer func() {
		if shared.cluster != nil {
			shared.cluster.Remove()
		}
	}()
	return t.M.Run()
}
