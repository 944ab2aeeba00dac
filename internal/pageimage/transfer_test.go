package pageimage

import (
	"errors"
	"strings"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/schema"
)

// TestWhereTheTransferIsTaken holds the list in the package's documentation
// against the engine.
func TestWhereTheTransferIsTaken(t *testing.T) {
	const insert = `INSERT INTO main.t SELECT * FROM batch.t`
	const plain = `CREATE TABLE t(a TEXT NOT NULL, b REAL, c INTEGER NOT NULL DEFAULT 3) STRICT`
	for name, c := range map[string]struct {
		table  string // of the destination, and by default of the image
		image  string
		extra  string // SQL besides
		insert string
		want   bool
	}{
		"plain":                      {table: plain, want: true},
		"not STRICT":                 {table: strings.TrimSuffix(plain, " STRICT"), want: true},
		"integer primary key":        {table: `CREATE TABLE t(a TEXT, b REAL, c INTEGER PRIMARY KEY) STRICT`, want: true},
		"foreign keys off":           {table: `CREATE TABLE t(a TEXT, b REAL, c INTEGER REFERENCES p) STRICT`, extra: `PRAGMA foreign_keys=OFF`, want: true},
		"columns listed":             {table: plain, insert: `INSERT INTO main.t(a,b,c) SELECT * FROM batch.t`},
		"columns selected":           {table: plain, insert: `INSERT INTO main.t SELECT a, b, c FROM batch.t`},
		"returning":                  {table: plain, insert: insert + ` RETURNING a`},
		"CHECK in one":               {table: `CREATE TABLE t(a TEXT CHECK (a <> 'no'), b REAL, c INTEGER) STRICT`, image: `CREATE TABLE t(a TEXT, b REAL, c INTEGER) STRICT`},
		"DEFAULT in one":             {table: plain, image: strings.Replace(plain, " DEFAULT 3", "", 1)},
		"STRICT in one":              {table: plain, image: strings.TrimSuffix(plain, " STRICT")},
		"NOT NULL in one":            {table: plain, image: strings.Replace(plain, "TEXT NOT NULL", "TEXT", 1)},
		"other type":                 {table: plain, image: strings.Replace(plain, "REAL", "INTEGER", 1)},
		"other collation":            {table: plain, image: strings.Replace(plain, "TEXT", "TEXT COLLATE NOCASE", 1)},
		"index":                      {table: plain, extra: `CREATE INDEX i ON t(a)`},
		"unique index":               {table: plain, extra: `CREATE UNIQUE INDEX i ON t(c)`},
		"trigger":                    {table: plain, extra: `CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END`},
		"foreign keys on":            {table: `CREATE TABLE t(a TEXT, b REAL, c INTEGER REFERENCES p) STRICT`, extra: `CREATE TABLE p(q INTEGER PRIMARY KEY); PRAGMA foreign_keys=ON`},
		"foreign keys on, none here": {table: plain, extra: `PRAGMA foreign_keys=ON`, want: true},
		"OR IGNORE":                  {table: plain, insert: `INSERT OR IGNORE INTO main.t SELECT * FROM batch.t`},
	} {
		t.Run(name, func(t *testing.T) {
			db, slot := openPair(t)
			exec(t, db, c.table)
			if c.extra != "" {
				exec(t, db, c.extra)
			}
			if c.image == "" {
				c.image = c.table
			}
			if c.insert == "" {
				c.insert = insert
			}
			b, err := NewBuilder("t", c.image)
			if err != nil {
				t.Fatal(err)
			}
			serve(t, slot, b.Finish())
			got, err := Transfers(db, c.insert)
			if err != nil || got != c.want {
				t.Errorf("transfers %v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestTransfersReportsErrors(t *testing.T) {
	c, _ := openPair(t)
	if ok, err := Transfers(c, `INSERT INTO nothing SELECT 1`); ok || !errors.Is(err, sqlite3.ERROR) {
		t.Errorf("transfers %v, %v", ok, err)
	}
	if err := Refresh(c, "nowhere"); !errors.Is(err, sqlite3.ERROR) {
		t.Errorf("refresh: %v", err)
	}
}

// TestCheckIsEvaluated holds that a CHECK the image does not have is looked at.
func TestCheckIsEvaluated(t *testing.T) {
	c, slot := openPair(t)
	exec(t, c, `CREATE TABLE t(v INTEGER NOT NULL CHECK (v < 3)) STRICT`)
	serve(t, slot, numbers(t, 0, 5))
	if err := c.Exec(`INSERT INTO main.t SELECT * FROM batch.t`); !errors.Is(err, sqlite3.CONSTRAINT_CHECK) {
		t.Errorf("rows that violate a CHECK: %v", err)
	}
	if got := total(t, c, "main.t"); got != "0 0" {
		t.Errorf("rows = %s", got)
	}
}

// TestRowByRowIsRightToo inserts where the transfer is not taken.
func TestRowByRowIsRightToo(t *testing.T) {
	c, slot := openPair(t)
	exec(t, c, numbersSQL)
	exec(t, c, `CREATE UNIQUE INDEX i ON t(v)`)
	serve(t, slot, numbers(t, 0, 2000))
	transfer(t, c, "t", 2000)
	if got := total(t, c, "main.t"); got != "2000 1999000" {
		t.Errorf("rows = %s", got)
	}
	serve(t, slot, numbers(t, 1999, 2005))
	if err := c.Exec(`INSERT INTO main.t SELECT * FROM batch.t`); !errors.Is(err, sqlite3.CONSTRAINT_UNIQUE) {
		t.Errorf("a row that is there: %v", err)
	}
	if got := total(t, c, "main.t"); got != "2000 1999000" {
		t.Errorf("rows = %s", got)
	}
}

func TestEligible(t *testing.T) {
	for name, c := range map[string]struct {
		column schema.Column
		want   bool
	}{
		"plain":   {schema.Column{Type: schema.Text}, true},
		"null":    {schema.Column{Nullable: true}, true},
		"default": {schema.Column{Default: "0"}, true},
		"key":     {schema.Column{Key: true}, false},
		"unique":  {schema.Column{Unique: "u"}, false},
		"index":   {schema.Column{Index: "i"}, false},
		"check":   {schema.Column{Check: "v > 0"}, false},
	} {
		if got := Eligible([]schema.Column{{Name: "first"}, c.column}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
