package export_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

func ExampleWrite() {
	type Volume struct {
		Subject string
		MM3     float64 `db:"mm3"`
	}
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "export")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sqlite.Open(ctx, dir+"/study.db", sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[Volume]{})
	if err != nil {
		log.Fatal(err)
	}
	if err := volumes.Append(ctx, []Volume{{"sub-01", 3360.5}, {"sub-02", 3412}}); err != nil {
		log.Fatal(err)
	}

	manifest, err := export.Write(ctx, db, export.Options{Dir: dir})
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range manifest.Files {
		fmt.Println(file.Name, file.Rows)
	}
	// Output: volume.parquet 2
}
