package postgres_test

import (
	"context"
	"fmt"
	"log"

	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// The same table as in a file, on a server. Only the line that opens differs.
func ExampleOpen() {
	type Volume struct {
		Subject string
		MM3     float64 `db:"mm3"`
	}
	ctx := context.Background()
	db, err := postgres.Open(ctx, "postgres://localhost/study", postgres.Options{Schema: "features"})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[Volume]{})
	if err != nil {
		log.Fatal(err)
	}
	applied, err := volumes.AppendOnce(ctx, "sub-01", []Volume{{"sub-01", 3360.5}})
	fmt.Println(applied, err)
}
