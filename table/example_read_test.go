package table_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

func ExampleView_Where() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	// Values go into args, never into the text.
	for row, err := range t.Where(ctx, "subject = ? AND mm3 > ?", "sub-01", 1000, table.OrderBy("mm3 DESC"), table.Limit(10)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.Region, row.MM3)
	}
	// Output:
	// hippocampus 4200.5
	// amygdala 1710
}

// A slice fits IN (?), and a name its sql.Named.
func ExampleView_Where_in() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	regions := []string{"amygdala", "hippocampus"}
	for row, err := range t.Where(ctx, "region IN (?) AND mm3 BETWEEN :low AND :high",
		regions, sql.Named("low", 1000), sql.Named("high", 4000), table.OrderBy("mm3")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.Subject, row.Region, row.MM3)
	}
	// Output:
	// sub-01 amygdala 1710
	// sub-02 hippocampus 3980
}

func ExampleView_All() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	for row, err := range t.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.Subject, row.Region)
		if row.Region == "amygdala" {
			break // gives the connection back
		}
	}
	// Output:
	// sub-01 hippocampus
	// sub-01 amygdala
}

func ExampleView_One() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	row, err := t.One(ctx, "subject = ? AND region = ?", "sub-02", "hippocampus")
	fmt.Println(row.MM3, err)
	_, err = t.One(ctx, "subject = ?", "sub-09")
	fmt.Println(errors.Is(err, table.ErrNoRow))
	_, err = t.One(ctx, "subject = ?", "sub-01")
	fmt.Println(errors.Is(err, table.ErrManyRows))
	// Output:
	// 3980 <nil>
	// true
	// true
}

func ExampleView_Count() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	n, err := t.Count(ctx)
	fmt.Println(n, err)
	// Output: 3 <nil>
}

func ExampleViewOf() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	type Size struct {
		MM3 float64 `db:"mm3"`
	}
	sizes, err := table.ViewOf[Size](t)
	if err != nil {
		log.Fatal(err)
	}
	sum := 0.0
	for row, err := range sizes.Where(ctx, "region = ?", "hippocampus") {
		if err != nil {
			log.Fatal(err)
		}
		sum += row.MM3
	}
	fmt.Println(sum)

	// Strict by name and type.
	type Wrong struct {
		MM3  int64 `db:"mm3"`
		Hemi string
	}
	_, err = table.ViewOf[Wrong](t)
	var mismatch *store.MismatchError
	if errors.As(err, &mismatch) {
		for _, change := range mismatch.Changes {
			fmt.Println(change.Column, "is", change.Have, "and not", change.Want)
		}
	}
	// Output:
	// 8180.5
	// mm3 is float64 check="mm3 >= 0" and not int64
	// hemi is  and not text
}

func Example_query() {
	ctx := context.Background()
	db, _ := openVolumes(volumes...)
	defer db.Close()

	// Plain SQL, joins too, into a struct whose columns are those of the
	// statement.
	type Mean struct {
		Region string
		Mean   float64
		N      int64
	}
	sql := "SELECT region, avg(mm3) AS mean, count(*) AS n FROM volume WHERE mm3 > ? GROUP BY region ORDER BY region"
	for row, err := range store.Query[Mean](ctx, db, sql, 100) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row.Region, row.Mean, row.N)
	}
	// Output:
	// amygdala 1710 1
	// hippocampus 4090.25 2
}
