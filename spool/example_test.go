package spool_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
	"github.com/galley-db/galley/transfer"
)

// Workers on many hosts write into a folder that they share. A collector moves
// their batches into a file on its own disk.
func ExampleOpen() {
	type Volume struct {
		Subject string
		MM3     float64 `db:"mm3"`
	}
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	folder := filepath.Join(dir, "study.spool")

	sp, err := spool.Open(ctx, folder, spool.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer sp.Close()
	volumes, err := table.Open(ctx, sp, table.Options[Volume]{})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 { // a job that ran, and was started again
		applied, err := volumes.AppendOnce(ctx, "sub-01", []Volume{{"sub-01", 3360.5}})
		fmt.Println(applied, err)
	}

	db, err := sqlite.Open(ctx, filepath.Join(dir, "study.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	report, err := transfer.Collect(ctx, db, []string{folder}, transfer.CollectOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Batches, "batch,", report.Rows, "row")
	// Output:
	// true <nil>
	// false <nil>
	// 1 batch, 1 row
}
