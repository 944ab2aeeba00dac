//go:build chdb

package lake_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/lake"
)

// TestMainJob: the program that galley was made for stores synthetic subjects in a file,
// which is published while it runs. ClickHouse reads from the lake what is in the file:
// for each table, the number of rows and a sum of the hashes of all their values.
func TestMainJob(t *testing.T) {
	subjects, every := 200, 100*time.Millisecond
	if os.Getenv("GALLEY_LAB") != "" {
		subjects, every = 10_000, 2*time.Second
	}
	dir := t.TempDir()
	t.Chdir(filepath.Join("..", "examples", "neuroalign")) // its study lies there
	program := filepath.Join(dir, "neuroalign")
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Stderr = os.Stderr
		return cmd
	}
	must(t, run("go", "build", "-o", program, ".").Run())
	must(t, run(program, "-out", dir, "-replicate", "1").Run()) // the file, before it is opened
	job := run(program, "-out", dir, "-replicate", strconv.Itoa(subjects))
	start := time.Now()
	must(t, job.Start())

	db := openFile(t, filepath.Join(dir, "features.db"))
	t.Chdir(dir) // ClickHouse reads files below its working directory only
	cat := openCatalogAt(t, "sqlite:"+filepath.Join(dir, "catalog.db"), filepath.Join(dir, "warehouse"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- job.Wait()
		cancel()
	}()
	published, while, unknown := 0, int64(0), false
	must(t, lake.Watch(ctx, db, cat, lake.PublishOptions{}, every, func(r *lake.Report, err error) {
		if err != nil && !errors.Is(err, lake.ErrOutcomeUnknown) { // of a commit that the end interrupts
			t.Error(err)
		}
		unknown = err != nil
		for _, done := range r.Tables {
			if done.Rows > 0 {
				published++
				while += done.Rows
			}
		}
	}))
	must(t, <-ended)
	stored := time.Since(start)
	report, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{})
	must(t, err)
	behind := time.Since(start) - stored
	rest := int64(0)
	for _, done := range report.Tables {
		rest += done.Rows
	}
	if published < 2 {
		t.Errorf("%d commits with rows while the program ran", published)
	}
	must(t, os.Mkdir("export", 0o700))
	m, err := export.Write(t.Context(), db, export.Options{Dir: "export"})
	must(t, err)
	rows := int64(0)
	for _, f := range m.Files {
		var values []string
		for _, c := range f.Columns {
			values = append(values, fmt.Sprintf("ifNull(toString(`%s`), 'NULL')", c.Name))
		}
		query := fmt.Sprintf("SELECT count(), sum(cityHash64(%s)) FROM ", strings.Join(values, ", "))
		got := clickHouse(t, query+fmt.Sprintf("icebergLocal('%s/')", load(t, cat, f.Table).Location()))
		want := clickHouse(t, query+fmt.Sprintf("file('%s', 'Parquet')", filepath.Join(dir, "export", f.Name)))
		if got != want || !strings.HasPrefix(got, fmt.Sprint(f.Rows, ",")) {
			t.Errorf("table %s: ClickHouse reads %s from the lake, and %s from the file of %d rows", f.Table, got, want, f.Rows)
		}
		rows += f.Rows
	}
	if told := while + rest; told != rows && (!unknown || told > rows) {
		t.Errorf("%d rows were published, and the file has %d", while+rest, rows)
	}
	t.Logf("%d rows in %.1f s, %d of them published meanwhile in %d commits; the rest took %.1f s", rows, stored.Seconds(), while, published, behind.Seconds())
}
