package schema_test

import (
	"fmt"
	"time"

	"github.com/galley-db/galley/schema"
)

func ExampleOf() {
	type Scan struct {
		Subject string    `db:",key"`
		Volume  float64   `db:"volume_mm3,nan=null"`
		When    time.Time `db:",time=ms"`
	}
	s, err := schema.Of[Scan]()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Name(), s.Key())
	for _, c := range s.Columns() {
		fmt.Println(c.Name, "|", c.Spec())
	}
	// Output:
	// scan [subject]
	// subject | text key
	// volume_mm3 | float64 null nan=null
	// when | time ms
}

func ExampleOf_tagError() {
	type Scan struct {
		Subject string `db:",uniqe"`
		Tags    map[string]string
	}
	_, err := schema.Of[Scan]()
	fmt.Println(err)
	// Output:
	// schema: schema_test.Scan cannot be a table:
	// 	field Subject: option "uniqe": is unknown; did you mean "unique"?
	// 	field Tags: map[string]string is not supported as it is; tag it json to store it as JSON, or db:"-" to leave it out
}

func ExampleSchema_CreateTable() {
	type Scan struct {
		Subject string  `db:",key,index=by_subject"`
		Session string  `db:",key"`
		Volume  float64 `db:"volume_mm3,check=volume_mm3 >= 0"`
	}
	s, err := schema.Of[Scan]()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, statement := range s.CreateTable(schema.SQLite()) {
		fmt.Println(statement)
	}
	// Output:
	// CREATE TABLE "scan" (
	//   "subject" TEXT NOT NULL,
	//   "session" TEXT NOT NULL,
	//   "volume_mm3" REAL NOT NULL CHECK (volume_mm3 >= 0),
	//   PRIMARY KEY ("subject", "session")
	// ) STRICT
	// CREATE INDEX "galley_scan_by_subject_idx_5dce867e063f4962" ON "scan" ("subject")
}

func ExampleDiff() {
	type Old struct {
		Subject string
		Vol     float64
		Voxels  int32
	}
	type New struct {
		Subject string
		Volume  float64 `db:",was=vol"`
		Voxels  int64
		Note    *string
	}
	have, err := schema.Of[Old]()
	if err != nil {
		fmt.Println(err)
		return
	}
	want, err := schema.Of[New]()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range schema.Diff(want, have) {
		fmt.Println(c)
		if c.SQL != "" {
			fmt.Println("   ", c.SQL)
		}
	}
	// Output:
	// column renamed "volume": have vol, want volume (safe)
	//     ALTER TABLE "new" RENAME COLUMN "vol" TO "volume"
	// column added "note": want text null (safe)
	//     ALTER TABLE "new" ADD COLUMN "note" TEXT
	// type widened "voxels": have int32, want int64 (safe)
}
