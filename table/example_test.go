package table_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// Volume is the row of the examples.
type Volume struct {
	Subject string  `db:"subject,key"`
	Region  string  `db:"region,key"`
	MM3     float64 `db:"mm3,check=mm3 >= 0"`
}

var volumes = []Volume{
	{"sub-01", "hippocampus", 4200.5},
	{"sub-01", "amygdala", 1710},
	{"sub-02", "hippocampus", 3980},
}

// openVolumes makes a table in memory; a program gives store.Open a path.
func openVolumes(rows ...Volume) (*sqlite.DB, *table.Table[Volume]) {
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	t, err := table.Open(ctx, db, table.Options[Volume]{})
	if err != nil {
		log.Fatal(err)
	}
	if err := t.Append(ctx, rows); err != nil {
		log.Fatal(err)
	}
	return db, t
}

func ExampleOpen() {
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[Volume]{Name: "volumes"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(volumes.Name(), volumes.Schema().ColumnNames())

	// The same table for another struct: what differs is listed, and nothing
	// is changed.
	type Narrow struct {
		Subject string  `db:"subject,key"`
		Region  string  `db:"region,key"`
		MM3     float32 `db:"mm3,check=mm3 >= 0"`
	}
	_, err = table.Open(ctx, db, table.Options[Narrow]{Name: "volumes"})
	var mismatch *store.MismatchError
	if errors.As(err, &mismatch) {
		for _, change := range mismatch.Changes {
			fmt.Println(change)
		}
	}
	// Output:
	// volumes [subject region mm3]
	// type narrowed "mm3": have float64 check="mm3 >= 0", want float32 check="mm3 >= 0" (lossy)
}

func ExampleTable_Append() {
	ctx := context.Background()
	db, t := openVolumes()
	defer db.Close()

	fmt.Println(t.Append(ctx, volumes))
	// One row that cannot be stored, and none of its batch is.
	err := t.Append(ctx, []Volume{{"sub-03", "amygdala", 1700}, {"sub-03", "thalamus", -1}})
	var bad *table.RowError
	if errors.As(err, &bad) {
		fmt.Println("row", bad.Row, errors.Is(err, store.ErrConstraint))
	}
	n, err := t.Count(ctx)
	fmt.Println(n, err)
	// Output:
	// <nil>
	// row 1 true
	// 3 <nil>
}

func ExampleTable_AppendOnce() {
	ctx := context.Background()
	db, t := openVolumes()
	defer db.Close()

	for range 2 { // a task that is run again
		applied, err := t.AppendOnce(ctx, "sub-01/ses-01", volumes)
		fmt.Println(applied, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}

func ExampleTable_AppendSeq() {
	ctx := context.Background()
	db, t := openVolumes()
	defer db.Close()

	// Rows as they are read, in bounded memory: no slice holds them all.
	n, err := t.AppendSeq(ctx, func(yield func(Volume, error) bool) {
		for i := range 25_000 {
			if !yield(Volume{Subject: fmt.Sprint("sub-", i), Region: "thalamus", MM3: 7000}, nil) {
				return
			}
		}
	})
	fmt.Println(n, err)
	// Output: 25000 <nil>
}

func ExampleTable_Upsert() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	res, err := t.Upsert(ctx, []Volume{
		{"sub-01", "hippocampus", 4211}, // another value
		{"sub-01", "amygdala", 1710},    // the same
		{"sub-03", "amygdala", 1699},    // new
	})
	fmt.Printf("inserted %d, changed %d, left %d, %v\n", res.Inserted, res.Changed, res.Unchanged, err)
	// Output: inserted 1, changed 1, left 1, <nil>
}

func ExampleTable_Ignore() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	res, err := t.Ignore(ctx, []Volume{{"sub-01", "amygdala", 1}, {"sub-03", "amygdala", 1699}})
	fmt.Printf("inserted %d, left %d, %v\n", res.Inserted, res.Unchanged, err)
	row, err := t.One(ctx, "subject = 'sub-01' AND region = 'amygdala'")
	fmt.Println(row.MM3, err)
	// Output:
	// inserted 1, left 1, <nil>
	// 1710 <nil>
}

func ExampleTable_Insert() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	// An Upsert that is done once.
	corrections := []Volume{{"sub-01", "amygdala", 1725}}
	for range 2 {
		res, err := t.Insert(ctx, table.Batch[Volume]{Rows: corrections, Mode: table.Upsert, Key: "corrections/2026-02"})
		fmt.Println(res.Applied, res.Changed, err)
	}
	// Output:
	// true 1 <nil>
	// false 0 <nil>
}

func ExampleTable_Keys() {
	ctx := context.Background()
	db, t := openVolumes()
	defer db.Close()

	for _, key := range []string{"sub-02", "sub-01"} {
		if _, err := t.AppendOnce(ctx, key, nil); err != nil {
			log.Fatal(err)
		}
	}
	for key, err := range t.Keys(ctx) {
		fmt.Println(key, err)
	}
	done, err := t.Done(ctx, "sub-03")
	fmt.Println("sub-03:", done, err)
	// Output:
	// sub-02 <nil>
	// sub-01 <nil>
	// sub-03: false <nil>
}
