package sqlite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type volume struct {
	Subject string
	MM3     float64 `db:"mm3"`
}

// A database file is opened once by each process, and may be written by all of
// them at the same time.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "sqlite")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	db, err := sqlite.Open(ctx, filepath.Join(dir, "features.db"), sqlite.Options{Durability: sqlite.Full})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[volume]{})
	if err != nil {
		log.Fatal(err)
	}
	applied, err := volumes.AppendOnce(ctx, "sub-01", []volume{{"sub-01", 3360.5}})
	fmt.Println(applied, err)
	// Output: true <nil>
}

// A backup is a file of its own, taken while others write.
func ExampleDB_Backup() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "sqlite")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sqlite.Open(ctx, filepath.Join(dir, "features.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[volume]{})
	if err != nil {
		log.Fatal(err)
	}
	if err := volumes.Append(ctx, []volume{{"sub-01", 3360.5}, {"sub-02", 4789}}); err != nil {
		log.Fatal(err)
	}

	to := filepath.Join(dir, "monday.db")
	if err := db.Backup(ctx, to, nil); err != nil {
		log.Fatal(err)
	}
	copied, err := sqlite.Open(ctx, to, sqlite.Options{ReadOnly: true})
	if err != nil {
		log.Fatal(err)
	}
	defer copied.Close()
	again, err := table.Open(ctx, copied, table.Options[volume]{})
	if err != nil {
		log.Fatal(err)
	}
	n, err := again.Count(ctx)
	fmt.Println(n, err)
	// Output: 2 <nil>
}

// A database in memory is what tests of a program take.
func ExampleOpenMemory() {
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[volume]{})
	if err != nil {
		log.Fatal(err)
	}
	if err := volumes.Append(ctx, []volume{{"sub-01", 3360.5}}); err != nil {
		log.Fatal(err)
	}
	n, err := volumes.Count(ctx)
	fmt.Println(n, err)
	// Output: 1 <nil>
}
