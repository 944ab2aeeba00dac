package store_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// Scan is the row of the examples.
type Scan struct {
	Subject string
	Region  string
	Volume  float64
}

// openScans creates a table in memory; a program opens a path with sqlite.Open.
func openScans(opts sqlite.Options) *sqlite.DB {
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, opts)
	if err != nil {
		log.Fatal(err)
	}
	scans, err := table.Open(ctx, db, table.Options[Scan]{})
	if err != nil {
		log.Fatal(err)
	}
	if err := scans.Append(ctx, []Scan{{"sub-01", "cuneus", 3000}, {"sub-01", "insula", 6500}, {"sub-02", "cuneus", 3100}}); err != nil {
		log.Fatal(err)
	}
	return db
}

func ExampleQuery() {
	ctx := context.Background()
	db := openScans(sqlite.Options{})
	defer db.Close()

	// A join in plain SQL. The statement's columns are the struct's, by name.
	type Pair struct {
		Region string
		First  float64
		Second float64
	}
	for row, err := range store.Query[Pair](ctx, db, `
		SELECT a.region, a.volume AS first, b.volume AS second
		FROM scan AS a JOIN scan AS b USING (region)
		WHERE a.subject = ? AND b.subject = ?`, "sub-01", "sub-02") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%+v\n", row)
	}
	// Output: {Region:cuneus First:3000 Second:3100}
}

func ExampleOptions_onLongRead() {
	ctx := context.Background()
	told := make(chan sqlite.LongRead, 1)
	db := openScans(sqlite.Options{
		LongRead:   time.Microsecond, // a minute by default; short for this example
		OnLongRead: func(l sqlite.LongRead) { told <- l },
	})
	defer db.Close()

	for range store.Query[Scan](ctx, db, "SELECT * FROM scan") {
		l := <-told // while the loop goes on
		fmt.Println("a query for", l.Table, "holds its snapshot for long")
		break
	}
	fmt.Println(db.Stats().LongReads > 0)
	// Output:
	// a query for scan holds its snapshot for long
	// true
}
