package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
)

// TestServerHasTheTablesOfAFile loads the study into a server, twice, and gets the same tables as
// in a file: as many rows, and none of them twice.
func TestServerHasTheTablesOfAFile(t *testing.T) {
	testtime.Seconds(t)
	server := pgcluster.URL(t)
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	schema := fmt.Sprintf("neuroalign_test_%d", os.Getpid())
	if _, err := c.Exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := c.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
	}()
	if strings.Contains(server, "?") {
		server += "&search_path=" + schema
	} else {
		server += "?search_path=" + schema
	}

	for run, want := range []string{"1 new, 0 skipped", "0 new, 1 skipped"} {
		r := try(t.Context(), "-db", server, "-j", "4")
		if r.status != exitDone || !strings.Contains(r.stdout, want) || strings.Contains(r.stdout, "lock wait") {
			t.Fatalf("run %d: status %d: %s\n%s; want %d and %q", run, r.status, r.stdout, r.stderr, exitDone, want)
		}
	}
	study := studyOf(t, "sub-02_ses-1")
	for run, want := range []string{"1 new, 0 skipped", "0 new, 1 skipped"} {
		r := try(t.Context(), "-db", server, "-subjects", study)
		if r.status != exitDone || !strings.Contains(r.stdout, want) || strings.Contains(r.stdout, "-force") {
			t.Fatalf("a study, run %d: status %d: %s\n%s; want %d and %q", run, r.status, r.stdout, r.stderr, exitDone, want)
		}
	}
	if _, err := c.Exec(ctx, "DELETE FROM "+schema+".aseg WHERE subject = 'sub-02'; DELETE FROM "+schema+".aparc WHERE subject = 'sub-02'; DELETE FROM "+schema+".measures WHERE subject = 'sub-02'"); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if r := try(t.Context(), "-out", out); r.status != exitDone {
		t.Fatalf("into a file: status %d: %s", r.status, r.stderr)
	}
	for _, table := range []string{"aseg", "aparc", "measures"} {
		var rows string
		if err := c.QueryRow(ctx, "SELECT count(*) || '|' FROM "+schema+"."+table).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if want := rowsOf(t, out, "SELECT count(*) FROM "+table); rows != want[0] || rows == "0|" {
			t.Errorf("table %s has %s rows, want %s", table, rows, want[0])
		}
	}
	export := t.TempDir()
	if r := try(t.Context(), "-db", server, "-export", export); r.status != exitDone || !strings.Contains(r.stdout, "rows of") {
		t.Errorf("export: status %d: %s\n%s", r.status, r.stdout, r.stderr)
	}
}
