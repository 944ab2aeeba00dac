// Generated stores and reads rows with a binder that galley gen has written:
// no reflection, and the compiler checks the columns' names.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"time"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

func main() {
	if err := run(context.Background(), "generated.db", os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path string, w io.Writer) (err error) {
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	// A binder that is older than the struct is table.ErrStaleBinder.
	regions, err := table.Open(ctx, db, table.Options[Region]{Binder: RegionBinder{}})
	if err != nil {
		return err
	}
	session := Session{Subject: "sub-01", Number: 1}
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	rows := []Region{
		{Session: session, Name: "Left-Caudate", Volume: 3360.5, Voxels: 3361, Scanned: at, Profile: []float32{0.5, 1}},
		{Session: session, Name: "Left-Putamen", Volume: 4789.5, Voxels: 4790, Scanned: at},
		{Session: session, Name: "Left-Amygdala", Volume: math.NaN(), Scanned: at},
	}
	applied, err := regions.AppendOnce(ctx, "sub-01/1", rows)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "applied:", applied)

	// RegionColumns.Volme would not compile.
	for row, err := range regions.Where(ctx, RegionColumns.Volume+" > ?", 4000) {
		if err != nil {
			return err
		}
		fmt.Fprintln(w, row.Subject, row.Name, row.Volume, row.Scanned.Format(time.DateOnly))
	}
	return nil
}
