//go:build unix

package lake_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

const onceEnv = "GALLEY_LAKE_PUBLISH_ONCE"

// onceMain is a process that publishes a file once, as the command does, and writes its
// resident memory before, in MiB, and the largest since.
func onceMain(args []string) int {
	before, err := peakMiB(), error(nil)
	if err = publishOnce(context.Background(), args[0], args[1], args[2], args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(before, peakMiB())
	return 0
}

func publishOnce(ctx context.Context, file, catalog, warehouse, partition string) error {
	db, err := sqlite.Open(ctx, file, sqlite.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	cat, err := lake.OpenCatalog(ctx, catalog, warehouse, nil)
	if err != nil {
		return err
	}
	defer cat.Close()
	_, err = lake.Publish(ctx, db, cat, lake.PublishOptions{Partition: partition})
	return err
}

// memoryOf publishes a file in a process of its own, and returns how much memory that
// takes, in MiB: at all, and by the publish.
func memoryOf(t testing.TB, env []string, file, warehouse, partition string) (peak, grown float64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], file, "sqlite:"+filepath.Join(t.TempDir(), "c.db"), warehouse, partition)
	cmd.Env = append(append(os.Environ(), onceEnv+"=1"), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	first, err := strconv.ParseFloat(before, 64)
	if err == nil {
		peak, err = strconv.ParseFloat(after, 64)
	}
	if err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	return peak, peak - first
}

// TestMemoryOfUpload: a publish to object storage takes the same memory at any size of
// the table, also where rows of some kilobytes do not compress: what it has of the file
// are two parts and a row group.
func TestMemoryOfUpload(t *testing.T) {
	testtime.Minutes(t)
	env := startStorage(t)
	db := openFile(t, filepath.Join(t.TempDir(), "noise.db"))
	tab, err := table.Open(t.Context(), db, table.Options[noise]{Name: "noise"})
	must(t, err)
	grown := map[int]float64{}
	for _, mib := range []int{64, 192} {
		for stored := tab; ; {
			n, err := stored.Count(t.Context())
			must(t, err)
			if int(n) >= mib*256 {
				break
			}
			must(t, stored.Append(t.Context(), leaves(int(n), 4096)))
		}
		_, grown[mib] = memoryOf(t, env, db.Path(), fmt.Sprintf("s3://bucket/%d", mib), "")
		t.Logf("a table of %d MiB: %.0f MiB of memory", mib, grown[mib])
	}
	if grown[192] > 256 || grown[192] > 2*grown[64] {
		t.Errorf("%.0f MiB of memory for 192 MiB of rows, and %.0f MiB for 64 MiB; want at most 256 MiB, and not twice as much", grown[192], grown[64])
	}
}

// leaves are rows of 4 KiB of noise.
func leaves(from, rows int) []noise {
	data := make([]byte, rows<<12)
	_, _ = rand.NewChaCha8([32]byte{byte(from >> 12), byte(from >> 20)}).Read(data)
	all := make([]noise, rows)
	for i := range all {
		all[i] = noise{uint32(from + i), data[i<<12 : (i+1)<<12]}
	}
	return all
}
