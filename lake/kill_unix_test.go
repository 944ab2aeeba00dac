//go:build unix

package lake_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

const publisherEnv = "GALLEY_LAKE_PUBLISHER"

// publisherMain is a process that stores batches one by one, and publishes each. It
// writes a line before each commit. Started again, it continues.
func publisherMain(args []string) int {
	file, catalog, warehouse, name := args[0], args[1], args[2], args[3]
	batches, err := strconv.Atoi(args[4])
	if err == nil {
		err = publisher(context.Background(), file, catalog, warehouse, name, batches)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name, err)
		return 1
	}
	return 0
}

func publisher(ctx context.Context, file, catalog, warehouse, name string, batches int) error {
	db, err := sqlite.Open(ctx, file, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	tab, err := table.Open(ctx, db, table.Options[scan]{Name: "scan"})
	if err != nil {
		return err
	}
	cat, err := lake.OpenCatalog(ctx, catalog, warehouse, nil)
	if err != nil {
		return err
	}
	defer cat.Close()
	opts := lake.PublishOptions{}.BeforeCommit(func() { fmt.Println("commit") })
	for b := range batches {
		if _, err := tab.AppendOnce(ctx, fmt.Sprintf("%s-%02d", name, b), scans(b, 3)); err != nil {
			return err
		}
		if _, err := lake.Publish(ctx, db, cat, opts); err != nil {
			return err
		}
	}
	return nil
}

// killSome runs a publisher until it ends by itself. It kills it some times, at a
// random moment about one of its commits.
func killSome(t *testing.T, kills int, args ...string) (killed int) {
	for {
		cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
		cmd.Env = append(os.Environ(), publisherEnv+"=1")
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Error(err)
			return killed
		}
		fatal := rand.IntN(3) // the commit that is its last
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == fatal && killed < kills {
				timer := time.AfterFunc(time.Duration(rand.IntN(30))*time.Millisecond, func() { _ = cmd.Process.Kill() })
				defer timer.Stop()
			}
		}
		err = cmd.Wait()
		if err == nil {
			return killed
		}
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
			t.Errorf("%q: %v", args, err)
			return killed
		}
		killed++
	}
}

// TestKilledPublishers: several processes store and publish batches into one table, two
// of them for the same file, and are killed about their commits. Each batch is in the
// table once.
func TestKilledPublishers(t *testing.T) {
	processes, batches, kills := 4, 6, 2
	if os.Getenv("GALLEY_LAB") != "" {
		processes, batches, kills = 8, 20, 4
	}
	t.Run("sqlite", func(t *testing.T) {
		killPublishers(t, "sqlite:"+filepath.Join(t.TempDir(), "catalog.db"), filepath.Join(t.TempDir(), "warehouse"), processes, batches, kills)
	})
	t.Run("postgres", func(t *testing.T) {
		killPublishers(t, pgcluster.Start(t).URL(), filepath.Join(t.TempDir(), "warehouse"), processes, batches, kills)
	})
}

// TestKilledPublishersREST is the same on a REST catalog that someone runs.
func TestKilledPublishersREST(t *testing.T) {
	catalog, warehouse := os.Getenv("GALLEY_REST_CATALOG"), os.Getenv("GALLEY_REST_WAREHOUSE")
	if catalog == "" || warehouse == "" {
		t.Skip("set GALLEY_REST_CATALOG to rest:URL and GALLEY_REST_WAREHOUSE to s3://BUCKET of a server without tables, such as SeaweedFS's weed mini; docs/lake.md says how")
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	killPublishers(t, catalog, warehouse, 8, 20, 4)
}

func killPublishers(t *testing.T, catalog, warehouse string, processes, batches, kills int) {
	dir := t.TempDir()
	want := map[string]int{}
	var wait sync.WaitGroup
	var mu sync.Mutex
	killed := 0
	for p := range processes {
		file := filepath.Join(dir, fmt.Sprintf("%d.db", max(p, 1))) // 0 and 1 share a file
		name := fmt.Sprintf("p%d", p)
		for b := range batches {
			want[fmt.Sprintf("%s-%02d", name, b)] = 3
		}
		wait.Go(func() {
			n := killSome(t, kills, file, catalog, warehouse, name, strconv.Itoa(batches))
			mu.Lock()
			defer mu.Unlock()
			killed += n
		})
	}
	wait.Wait()
	if killed == 0 {
		t.Error("no process was killed")
	}
	cat := openCatalogAt(t, catalog, warehouse)
	if diff := cmp.Diff(want, counts(t, cat, "scan", "session")); diff != "" {
		t.Errorf("rows by batch (-want +got):\n%s", diff)
	}
	t.Logf("%d batches, %d processes killed", len(want), killed)
}
