// Postgres saves the sessions of a study in tables on a PostgreSQL server, from
// several hosts at once. It is the quickstart with another line that opens.
//
//	GALLEY_TEST_POSTGRES=postgres://user@host/database go run ./examples/postgres
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"sync"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// Volume is a row: subject, session and region name it.
type Volume struct {
	Subject string  `db:"subject,key"`
	Session string  `db:"session,key"`
	Region  string  `db:"region,key"`
	MM3     float64 `db:"mm3,check=mm3>=0"`
}

const howTo = `This example needs a PostgreSQL server: set GALLEY_TEST_POSTGRES to its URL.
To try one for a moment:

	docker run --rm -e POSTGRES_PASSWORD=galley -p 5432:5432 postgres:17
	GALLEY_TEST_POSTGRES=postgres://postgres:galley@localhost/postgres go run ./examples/postgres
`

func main() {
	url := os.Getenv("GALLEY_TEST_POSTGRES")
	if url == "" {
		fmt.Print(howTo)
		return
	}
	if err := run(context.Background(), url, "galley_example", os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run has two hosts save the same four sessions, and changes one of them.
func run(ctx context.Context, url, schema string, w io.Writer) error {
	db, err := postgres.Open(ctx, url, postgres.Options{Schema: schema})
	if err != nil {
		return err
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[Volume]{Name: "volumes"})
	if err != nil {
		return err
	}

	// A session is saved once, by whichever host comes first.
	const hosts = 2
	var work sync.WaitGroup
	errs := make([]error, hosts)
	for host := range hosts {
		work.Go(func() { errs[host] = saveSessions(ctx, url, schema) })
	}
	work.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	rows, err := volumes.Count(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "rows:", rows)

	// A correction: one row changes, one is as it was, one is new.
	res, err := volumes.Upsert(ctx, []Volume{
		{"sub-01", "ses-01", "Left-Caudate", 3360.5},
		{"sub-01", "ses-01", "Left-Putamen", 4800.25},
		{"sub-01", "ses-01", "Left-Pallidum", 2011.75},
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "new:", res.Inserted, "changed:", res.Changed, "as it was:", res.Unchanged)

	type mean struct {
		Region string
		MM3    float64 `db:"mm3"`
		Rows   int64
	}
	for m, err := range store.Query[mean](ctx, db,
		"SELECT region, avg(mm3) AS mm3, count(*) AS rows FROM volumes WHERE subject = ? GROUP BY region ORDER BY region", "sub-01") {
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s: %.2f (%d)\n", m.Region, m.MM3, m.Rows)
	}
	return nil
}

// saveSessions is what each host does.
func saveSessions(ctx context.Context, url, schema string) error {
	db, err := postgres.Open(ctx, url, postgres.Options{Schema: schema})
	if err != nil {
		return err
	}
	defer db.Close()
	volumes, err := table.Open(ctx, db, table.Options[Volume]{Name: "volumes"})
	if err != nil {
		return err
	}
	for _, subject := range []string{"sub-01", "sub-02"} {
		for i, session := range []string{"ses-01", "ses-02"} {
			_, err := volumes.AppendOnce(ctx, subject+"/"+session, []Volume{
				{subject, session, "Left-Caudate", 3360.5 + float64(i)},
				{subject, session, "Left-Putamen", 4789.5 + float64(i)},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
