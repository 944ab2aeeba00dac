package table_test

import (
	"context"
	"fmt"
	"log"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// The rows of a session in several tables are stored together, once.
func ExampleTogether() {
	type Scan struct{ Session, Scanner string }
	type Volume struct {
		Session, Region string
		MM3             float64
	}
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	scans, err := table.Open(ctx, db, table.Options[Scan]{})
	if err != nil {
		log.Fatal(err)
	}
	volumes, err := table.Open(ctx, db, table.Options[Volume]{})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 { // the second time, a worker repeats the session after a crash
		applied, err := table.Together(ctx, "sub-01/ses-01",
			scans.Part([]Scan{{"ses-01", "Prisma"}}),
			volumes.Part([]Volume{{"ses-01", "insula", 7014.5}, {"ses-01", "cuneus", 3110}}))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(applied)
	}
	n, err := volumes.Count(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "volumes")
	// Output:
	// true
	// false
	// 2 volumes
}
