// Package cluster holds the scripts of a job array; its test runs their tasks.
package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/transfer"
)

const tasks = 6

// Each task runs twice at once, as after a requeue whose first run went on, and
// some are killed: each row is collected once.
func TestArrayTasks(t *testing.T) {
	testtime.Seconds(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is missing")
	}
	client, err := filepath.Abs("../../clients/python")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	spool := filepath.Join(dir, "study.spool")
	task := func(i int) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "sh", "array.sbatch", spool, client)
		cmd.Env = append(os.Environ(), fmt.Sprint("SLURM_ARRAY_TASK_ID=", i), "PYTHONDONTWRITEBYTECODE=1", "PATH="+filepath.Dir(python)+":"+os.Getenv("PATH"))
		return cmd
	}
	for i := range tasks { // killed at once: before, while or after it stores
		cmd := task(i)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	var working sync.WaitGroup
	for i := range 2 * tasks {
		working.Go(func() {
			if out, err := task(i % tasks).CombinedOutput(); err != nil {
				t.Errorf("task %d: %v: %s", i%tasks, err, out)
			}
		})
	}
	working.Wait()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "study.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var expect []transfer.Expected
	for i := range tasks {
		expect = append(expect, transfer.Expected{Table: "volumes", Key: fmt.Sprintf("sub-%04d", i)})
	}
	r, err := transfer.Collect(t.Context(), db, []string{spool}, transfer.CollectOptions{Expect: expect})
	if err != nil || len(r.Missing)+len(r.Aside)+len(r.Refused) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	n, err := store.Value[string](t.Context(), db, "SELECT count(*) || ' ' || count(DISTINCT subject || region) FROM volumes")
	if want := strings.TrimSpace(fmt.Sprint(20*tasks, " ", 20*tasks)); err != nil || n != want {
		t.Errorf("%s rows, and distinct ones, want %s: %v", n, want, err)
	}
}
