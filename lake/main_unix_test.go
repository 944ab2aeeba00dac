//go:build unix

package lake_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs a publisher or object storage where a test has started this program
// for that, and otherwise the tests. It fails when a goroutine is left at the end.
func TestMain(m *testing.M) {
	if os.Getenv(publisherEnv) != "" {
		os.Exit(publisherMain(os.Args[1:]))
	}
	if os.Getenv(onceEnv) != "" {
		os.Exit(onceMain(os.Args[1:]))
	}
	if os.Getenv(storageEnv) != "" {
		os.Exit(storageMain())
	}
	if os.Getenv("GALLEY_REST_CATALOG") != "" {
		os.Exit(m.Run()) // iceberg-go keeps the connections to a REST catalog open
	}
	goleak.VerifyTestMain(m)
}
