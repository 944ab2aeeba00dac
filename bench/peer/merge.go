package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/transfer"

	"github.com/galley-db/galley/bench/row"
)

// Merger is a peer that moves the rows of other files into one.
type Merger interface {
	Peer
	// Merge moves the rows of the files in list, a text file with a path a line,
	// into f. It returns the time from the first row to the end of Close.
	Merge(ctx context.Context, f File, list string) (time.Duration, error)
}

// Collector is a peer that moves the batches of a spool into a file, and
// removes them there.
type Collector interface {
	Collect(ctx context.Context, f File, spool string) (time.Duration, error)
}

// moving is ATTACH, INSERT … SELECT and DETACH, as programs do it by hand. The
// engine moves whole cells.
var moving = []string{
	"ATTACH ? AS source",
	"INSERT INTO main." + row.Table + " SELECT * FROM source." + row.Table,
	"DETACH source",
}

func (p sqlPeer) Merge(ctx context.Context, f File, list string) (spent time.Duration, err error) {
	sources, err := lines(list)
	if err != nil {
		return 0, err
	}
	db, err := openSQL(ctx, p.driver, f)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	for _, source := range sources {
		for i, stmt := range moving {
			args := []any{source}
			if i > 0 {
				args = nil
			}
			if _, err := db.ExecContext(ctx, stmt, args...); err != nil {
				return 0, errors.Join(fmt.Errorf("%s: %s: %w", source, stmt, err), db.Close())
			}
		}
	}
	err = db.Close()
	return time.Since(start), err
}

func (p cPeer) Merge(ctx context.Context, f File, list string) (time.Duration, error) {
	spent, _, err := p.Run(ctx, Order{Task: Merge, File: f, Source: list})
	return spent, err
}

func (galleyPeer) Merge(ctx context.Context, f File, list string) (time.Duration, error) {
	sources, err := lines(list)
	if err != nil {
		return 0, err
	}
	return into(ctx, f, func(db *sqlite.DB) error {
		_, err := transfer.Merge(ctx, db, sources, transfer.MergeOptions{})
		return err
	})
}

func (galleyPeer) Collect(ctx context.Context, f File, spool string) (time.Duration, error) {
	return into(ctx, f, func(db *sqlite.DB) error {
		report, err := transfer.Collect(ctx, db, []string{spool}, transfer.CollectOptions{})
		if err == nil && len(report.Refused)+len(report.Aside) > 0 {
			err = fmt.Errorf("%d files were left, and %d set aside", len(report.Refused), len(report.Aside))
		}
		return err
	})
}

// into opens f and returns the time that work and Close take.
func into(ctx context.Context, f File, work func(*sqlite.DB) error) (time.Duration, error) {
	db, err := sqlite.Open(ctx, f.Path, sqlite.Options{PageSize: f.Settings.PageSize})
	if err != nil {
		return 0, err
	}
	start := time.Now()
	err = work(db)
	err = errors.Join(err, db.Close())
	return time.Since(start), err
}

func lines(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	return strings.Fields(string(text)), err
}
