package load_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/galley-db/galley/load"
	"github.com/galley-db/galley/store/sqlite"
)

func ExampleLoad() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "load")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		"sub-01.csv": "subject,mm3\nsub-01,3360.5\nsub-01,4789.5\n",
		"sub-02.csv": "subject,mm3\nsub-02,3412\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "study.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	// The second time every file is stored already.
	for range 2 {
		report, err := load.Load(ctx, db, load.Options{Table: "volumes", Sources: []string{filepath.Join(dir, "*.csv")}})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(report.Rows(), "rows,", report.Failed(), "files failed")
	}
	// Output:
	// 3 rows, 0 files failed
	// 0 rows, 0 files failed
}
