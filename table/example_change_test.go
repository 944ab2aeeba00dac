package table_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// Parcel says which batch it came with.
type Parcel struct {
	Region string
	Area   float64
	Task   string `db:"task,batch"`
}

func ExampleTable_Replace() {
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	t, err := table.Open(ctx, db, table.Options[Parcel]{})
	if err != nil {
		log.Fatal(err)
	}
	// A session, and the same session done again after its files were
	// corrected. No reader sees the table without it.
	for _, rows := range [][]Parcel{
		{{Region: "bankssts", Area: 1064}, {Region: "cuneus", Area: 1456}},
		{{Region: "bankssts", Area: 1070}},
	} {
		res, err := t.Replace(ctx, "sub-01/ses-01", rows)
		fmt.Printf("removed %d, inserted %d, %v\n", res.Removed, res.Inserted, err)
	}
	row, err := t.One(ctx, "task = ?", "sub-01/ses-01")
	fmt.Println(row.Area, err)
	// Output:
	// removed 0, inserted 2, <nil>
	// removed 2, inserted 1, <nil>
	// 1070 <nil>
}

func ExampleTable_Forget() {
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	t, err := table.Open(ctx, db, table.Options[Parcel]{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := t.AppendOnce(ctx, "sub-01", []Parcel{{Region: "cuneus", Area: 1456}}); err != nil {
		log.Fatal(err)
	}
	n, err := t.Forget(ctx, "sub-01")
	fmt.Println(n, err)
	done, err := t.Done(ctx, "sub-01")
	fmt.Println(done, err)
	// Output:
	// 1 <nil>
	// false <nil>
}

func ExampleTable_Delete() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	n, err := t.Delete(ctx, "subject = ? AND mm3 < ?", "sub-01", 2000)
	fmt.Println(n, err)
	_, err = t.Delete(ctx, "") // for all rows, write true
	fmt.Println(errors.Is(err, store.ErrQuery))
	// Output:
	// 1 <nil>
	// true
}

func ExampleUpdate() {
	ctx := context.Background()
	db, t := openVolumes(volumes...)
	defer db.Close()

	// The fields of the struct are the columns to set.
	type size struct {
		MM3 float64 `db:"mm3"`
	}
	n, err := table.Update(ctx, t, size{0}, "region IN (?)", []string{"amygdala", "thalamus"})
	fmt.Println(n, err)
	// Output: 1 <nil>
}

func ExamplePlan() {
	ctx := context.Background()
	db, _ := openVolumes(volumes...)
	defer db.Close()

	type Volume2 struct {
		Subject string  `db:"subject,key"`
		Region  string  `db:"region,key,index"`
		Size    float64 `db:"size_mm3,was=mm3,check=mm3 >= 0"`
		Hemi    *string
	}
	changes, err := table.Plan(ctx, db, table.Options[Volume2]{Name: "volume"})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range changes {
		fmt.Printf("%v\n\t%s\n", c, c.SQL)
	}
	// Output:
	// column renamed "size_mm3": have mm3, want size_mm3 (safe)
	// 	ALTER TABLE "volume" RENAME COLUMN "mm3" TO "size_mm3"
	// column added "hemi": want text null (safe)
	// 	ALTER TABLE "volume" ADD COLUMN "hemi" TEXT
	// index added: want region (region) (safe)
	// 	CREATE INDEX "galley_volume_region_idx_2bd00a061c738258" ON "volume" ("region")
}

func ExampleOptions_evolve() {
	ctx := context.Background()
	db, old := openVolumes(volumes...)
	defer db.Close()

	type Volume2 struct {
		Subject string  `db:"subject,key"`
		Region  string  `db:"region,key"`
		MM3     float64 `db:"mm3,check=mm3 >= 0"`
		Hemi    *string
		Atlas   string `db:"atlas,default='aseg'"`
	}
	t, err := table.Open(ctx, db, table.Options[Volume2]{Name: "volume", Evolve: store.Additive})
	if err != nil {
		log.Fatal(err)
	}
	// The old table goes on beside the new one.
	fmt.Println(old.Append(ctx, []Volume{{"sub-03", "amygdala", 1699}}))
	row, err := t.One(ctx, "subject = 'sub-03'")
	fmt.Println(row.Hemi == nil, row.Atlas, err)
	// Output:
	// <nil>
	// true aseg <nil>
}

func ExampleOptions_rebuild() {
	ctx := context.Background()
	db, _ := openVolumes(volumes...)
	defer db.Close()

	// Another unit, as a whole number, under another name: the table has to be
	// rewritten. A value that is none fails it, whole.
	type Volume2 struct {
		Subject string `db:"subject,key"`
		Region  string `db:"region,key"`
		Voxels  int32  `db:"voxels,was=mm3"`
	}
	opts := table.Options[Volume2]{Name: "volume", Evolve: store.Rebuild}
	_, err := table.Open(ctx, db, opts)
	var bad *table.RowError
	if errors.As(err, &bad) {
		fmt.Println("row", bad.Row, "has", bad.Value)
	}

	type Volume3 struct {
		Subject string   `db:"subject,key"`
		Region  string   `db:"region,key"`
		Size    *float64 `db:"size,was=mm3"`
	}
	t, err := table.Open(ctx, db, table.Options[Volume3]{Name: "volume", Evolve: store.Rebuild})
	if err != nil {
		log.Fatal(err)
	}
	row, err := t.One(ctx, "subject = ? AND region = ?", "sub-01", "amygdala")
	fmt.Println(*row.Size, err)
	// Output:
	// row 0 has 4200.5
	// 1710 <nil>
}

func ExampleTable_Writer() {
	ctx := context.Background()
	db, t := openVolumes()
	defer db.Close()

	// A producer of the same rows may be run again: what is stored is not
	// stored twice.
	for range 2 {
		w, err := t.Writer(table.WriterOptions{Rows: 100, Key: "import"})
		if err != nil {
			log.Fatal(err)
		}
		for i := range 250 {
			if err := w.Write(ctx, Volume{Subject: fmt.Sprint("sub-", i), Region: "thalamus"}); err != nil {
				break // Close says it too
			}
		}
		if err := w.Close(ctx); err != nil {
			log.Fatal(err)
		}
	}
	n, err := t.Count(ctx)
	fmt.Println(n, err)
	// Output: 250 <nil>
}

func ExampleWriter_Flush() {
	ctx := context.Background()
	db, t := openVolumes()
	defer db.Close()

	w, err := t.Writer(table.WriterOptions{Linger: time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close(ctx)
	for _, row := range volumes { // from any goroutine
		if err := w.Write(ctx, row); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Flush(ctx); err != nil { // what was written is durable now
		log.Fatal(err)
	}
	n, err := t.Count(ctx)
	fmt.Println(n, err)
	// Output: 3 <nil>
}

func ExampleWriteError() {
	ctx := context.Background()
	db, t := openVolumes()
	defer db.Close()

	w, err := t.Writer(table.WriterOptions{Rows: 2})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range []Volume{{"a", "x", 1}, {"b", "x", 2}, {"c", "x", -3}, {"d", "x", 4}, {"e", "x", 5}} {
		if err := w.Write(ctx, row); err != nil {
			log.Fatal(err)
		}
	}
	var lost *table.WriteError
	if errors.As(w.Close(ctx), &lost) {
		fmt.Printf("%d rows from number %d\n", lost.N, lost.First)
	}
	var bad *table.RowError
	if errors.As(lost, &bad) {
		fmt.Println("because of number", bad.Row)
	}
	// Output:
	// 2 rows from number 2
	// because of number 2
}

func ExampleTable_Rejected() {
	ctx := context.Background()
	db, _ := openVolumes()
	defer db.Close()

	t, err := table.Open(ctx, db, table.Options[Volume]{Quarantine: true})
	if err != nil {
		log.Fatal(err)
	}
	res, err := t.Insert(ctx, table.Batch[Volume]{Rows: append(volumes, Volume{"sub-03", "thalamus", -1}), Key: "study"})
	fmt.Printf("inserted %d, rejected %d, %v\n", res.Inserted, res.Rejected, err)
	for row, err := range t.Rejected(ctx) {
		fmt.Printf("%s: %s %v\n", row.Key, row.Row, err)
	}
	// Output:
	// inserted 3, rejected 1, <nil>
	// study: {"mm3":-1,"region":"thalamus","subject":"sub-03"} <nil>
}
