package workload

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"

	"github.com/galley-db/galley/bench/harness"
	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/report"
	"github.com/galley-db/galley/bench/row"
)

// spooled collects ten times Config.Sessions sessions from a spool, beside a loop
// over the same files by hand, and appends sessions to a spool and to a file.
func spooled(cfg harness.Config) []harness.Case {
	batches := 10 * cfg.Sessions()
	return []harness.Case{{
		Workload: "spool",
		Name:     "collect " + thousand(batches) + " batches",
		Only:     []string{"galley", "mattn", "c"},
		Metrics:  []report.Metric{rowsPerSecond, peakOfRun},
		Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
			source, err := t.Spool(ctx, batches)
			if err != nil {
				return nil, err
			}
			want, err := tally(row.A, batches*row.SessionRows)
			if err != nil {
				return nil, err
			}
			task := "collect"
			if _, ok := p.(peer.Collector); !ok {
				task = "merge"
				if source, err = batchFiles(source, t.Dir+"/list.txt"); err != nil {
					return nil, err
				}
			}
			return moved(ctx, t, p, row.A, task, source, want)
		},
	}, {
		Workload: "spool",
		Name:     "append 450 rows, each synced",
		Only:     []string{"galley"},
		Metrics: []report.Metric{
			{Name: "rows/s into a spool", Unit: "rows/s"},
			{Name: "rows/s into a file, FULL", Unit: "rows/s"},
			{Name: "spool against file", Unit: "x"},
		},
		Run: func(ctx context.Context, t *harness.Trial, p peer.Peer) ([]float64, error) {
			return spoolAndFile(ctx, t, p, cfg.Sessions())
		},
	}}
}

// batchFiles lists the batch files of a spool.
func batchFiles(spool, list string) (string, error) {
	var text strings.Builder
	err := filepath.WalkDir(spool, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".batch") {
			text.WriteString(path + "\n")
		}
		return err
	})
	return list, errors.Join(err, os.WriteFile(list, []byte(text.String()), 0o600))
}

// spoolAndFile appends the same sessions to both, in turn.
func spoolAndFile(ctx context.Context, t *harness.Trial, p peer.Peer, n int) (_ []float64, err error) {
	sp, err := spool.Open(ctx, t.Dir+"/append.spool", spool.Options{})
	if err != nil {
		return nil, err
	}
	f := t.File(row.A)
	db, err := sqlite.Open(ctx, f.Path, sqlite.Options{PageSize: f.Settings.PageSize, Durability: sqlite.Full})
	if err != nil {
		return nil, errors.Join(err, sp.Close())
	}
	var want row.Tally
	spent := map[store.Backend]time.Duration{}
	tables := map[store.Backend]*table.Table[row.Sample]{}
	for _, b := range []store.Backend{sp, db} {
		opened, failed := table.Open(ctx, b, table.Options[row.Sample]{Name: row.Table})
		tables[b], err = opened, errors.Join(err, failed)
	}
	for i := 0; i < n && err == nil; i++ {
		b := row.NewBatch(row.A, row.SessionRows, i*row.SessionRows)
		want = want.Add(b.Tally())
		for to, tab := range tables { // in any order
			start := time.Now()
			_, failed := tab.AppendOnce(ctx, sessionKey(i), b.Slice().([]row.Sample))
			spent[to] += time.Since(start)
			err = errors.Join(err, failed)
		}
	}
	if err = errors.Join(err, sp.Close(), db.Close()); err != nil {
		return nil, err
	}
	waiting, err := spool.Inspect(ctx, t.Dir+"/append.spool", true)
	if err != nil {
		return nil, err
	}
	if stored := waiting.Tables[0]; stored.Waiting != int64(n) || len(stored.Bad) > 0 {
		return nil, fmt.Errorf("%d of %d batches are in the spool, and %d are bad", stored.Waiting, n, len(stored.Bad))
	}
	toSpool, toFile := rate(want.Rows, spent[sp]), rate(want.Rows, spent[db])
	return []float64{toSpool, toFile, toSpool / toFile}, harness.Verify(ctx, p, f, want)
}
