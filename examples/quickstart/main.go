// Quickstart saves typed rows in one SQLite file: some as they come, and a
// session's rows exactly once, however often it is run.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// Volume is a row; its fields are the columns.
type Volume struct {
	Subject string  `db:"subject"`
	Region  string  `db:"region"`
	MM3     float64 `db:"mm3,check=mm3>=0"`
}

func main() {
	if err := run(context.Background(), "quickstart.db", os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path string, w io.Writer) error {
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[Volume]{Name: "volumes"})
	if err != nil {
		return err
	}

	// All rows or none, in one transaction.
	if err := volumes.Append(ctx, []Volume{{"sub-01", "Left-Caudate", 3360.5}}); err != nil {
		return err
	}
	// The same, and once for each key: a second attempt does nothing.
	batch := []Volume{{"sub-02", "Left-Caudate", 3412.1}, {"sub-02", "Left-Putamen", 4789.5}}
	for range 2 {
		applied, err := volumes.AppendOnce(ctx, "sub-02", batch)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, "applied:", applied)
	}
	for v, err := range volumes.All(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintln(w, v.Subject, v.Region, v.MM3)
	}
	return nil
}
