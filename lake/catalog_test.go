package lake_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/lake"
)

// TestCatalogOfManyProcesses: processes that open a new catalog at the same time all
// open it.
func TestCatalogOfManyProcesses(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"sqlite:" + filepath.Join(dir, "c.db"), pgcluster.Start(t).URL()} {
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				cat, err := lake.OpenCatalog(t.Context(), name, dir, nil)
				if err != nil {
					t.Errorf("%.8s: %v", name, err)
					return
				}
				if err := cat.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
}
