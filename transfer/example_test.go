package transfer_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
	"github.com/galley-db/galley/transfer"
)

func ExampleCopy() {
	type Volume struct {
		Subject string
		MM3     float64 `db:"mm3"`
	}
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "transfer")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var dbs [2]*sqlite.DB
	for i := range dbs {
		if dbs[i], err = sqlite.Open(ctx, fmt.Sprintf("%s/%d.db", dir, i), sqlite.Options{}); err != nil {
			log.Fatal(err)
		}
		defer dbs[i].Close()
	}
	volumes, err := table.Open(ctx, dbs[0], table.Options[Volume]{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := volumes.AppendOnce(ctx, "sub-01", []Volume{{"sub-01", 3360.5}}); err != nil {
		log.Fatal(err)
	}

	// The second time everything is copied already.
	for range 2 {
		tables, err := transfer.Copy(ctx, dbs[0], dbs[1], transfer.CopyOptions{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(tables[0].Table, tables[0].Rows, tables[0].New, tables[0].Batches)
	}
	// Output:
	// volume 1 1 1
	// volume 1 0 1
}
