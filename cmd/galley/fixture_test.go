package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// result is what a run printed and returned.
type result struct {
	status      int
	out, errors string
}

// galley runs the command in this process.
func galley(t *testing.T, args ...string) result { return galleyIn(t, "", args...) }

func galleyIn(t *testing.T, in string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), args, strings.NewReader(in), &out, &errs)
	return result{status, out.String(), errs.String()}
}

// ok runs the command and wants it to succeed.
func ok(t *testing.T, args ...string) result {
	t.Helper()
	r := galley(t, args...)
	if r.status != exitDone {
		t.Fatalf("galley %s: status %d: %s%s", strings.Join(args, " "), r.status, r.out, r.errors)
	}
	return r
}

// scan is a row of the test's table.
type scan struct {
	Subject string    `db:"subject,key"`
	Region  string    `db:"region,key"`
	Volume  float64   `db:"volume"`
	Count   *int64    `db:"count"`
	Good    bool      `db:"good"`
	At      time.Time `db:"at,time=s"`
}

// scanDB is a database with 2 batches of 2 rows in the table scan.
func scanDB(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := table.Open(t.Context(), db, table.Options[scan]{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		n := int64(i + 7)
		subject := fmt.Sprintf("sub-%02d", i+1)
		at := time.Date(2020, 1, i+1, 12, 0, 0, 0, time.UTC)
		_, err := tbl.AppendOnce(t.Context(), subject, []scan{{subject, "left", 1.5, nil, true, at}, {subject, "right", 2, &n, false, at}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
