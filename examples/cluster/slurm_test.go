package cluster

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

	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/transfer"
)

// slurm runs commands of a Slurm on this machine.
type slurm struct {
	t    *testing.T
	conf string
}

// startSlurm starts a Slurm for the test. It is not for every run of the tests: it
// takes root, and the ports of a Slurm that may be there already.
func startSlurm(t *testing.T) *slurm {
	t.Helper()
	if os.Getenv("GALLEY_SLURM") == "" {
		t.Skip("it starts a Slurm on this machine; run examples/cluster/slurm.sh install as root, and then the tests with GALLEY_SLURM=1")
	}
	dir, err := os.MkdirTemp("", "galley-slurm") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	run := func(verb string) error {
		out, err := exec.Command("bash", "slurm.sh", verb, dir).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("slurm.sh %s: %w: %s", verb, err, out)
		}
		return err
	}
	t.Cleanup(func() {
		if err := errors.Join(run("stop"), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	if err := run("start"); err != nil {
		t.Fatal(err)
	}
	return &slurm{t, filepath.Join(dir, "slurm.conf")}
}

// command returns the output of a command, which may fail.
func (s *slurm) command(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "SLURM_CONF="+s.conf)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// tasks are the tasks of jobs that have not come to their end, by their state. A
// task that waits for an operator has the state HELD.
func (s *slurm) tasks() map[string][]string {
	s.t.Helper()
	out, err := s.command("squeue", "--noheader", "--array", "--format=%F_%K %T %r")
	if err != nil {
		s.t.Fatalf("squeue: %v: %s", err, out)
	}
	found := map[string][]string{}
	for line := range strings.Lines(out) {
		task, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		state, reason, _ := strings.Cut(rest, " ")
		if strings.Contains(reason, "held") {
			state = "HELD"
		}
		found[state] = append(found[state], task)
	}
	return found
}

// slowWorker runs worker.py between two pauses, in which tasks are killed: before
// and after they have stored their rows.
const slowWorker = `
import random, runpy, time
time.sleep(random.random() / 2)
runpy.run_path("worker.py", run_name="__main__")
time.sleep(random.random() / 2)
`

// slurmTasks is the number of tasks of both arrays together.
const slurmTasks = 50

// Two sites run the job array under Slurm. Tasks are requeued while they run, and
// killed and requeued; a collector runs meanwhile. The merged file of both sites
// has each row once.
func TestSlurmArrays(t *testing.T) {
	s := startSlurm(t)
	dir := t.TempDir()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	worker := filepath.Join(dir, "slow.py")
	if err := os.WriteFile(worker, []byte(slowWorker), 0o600); err != nil {
		t.Fatal(err)
	}
	sites := []*site{{name: "a", array: fmt.Sprintf("1-%d", slurmTasks/2)}, {name: "b", array: fmt.Sprintf("%d-%d", slurmTasks/2+1, slurmTasks)}}
	for i, at := range sites {
		at.spool = filepath.Join(dir, at.name+".spool")
		for n := range slurmTasks / 2 {
			at.expect = append(at.expect, transfer.Expected{Table: "volumes", Key: fmt.Sprintf("sub-%04d", i*slurmTasks/2+n+1)})
		}
		out, err := s.command("sbatch", "--parsable", "--chdir="+here, "--array="+at.array, "--output="+dir+"/%A_%a.log",
			"--export=ALL,PYTHONDONTWRITEBYTECODE=1,GALLEY_WORKER="+worker, "array.sbatch", at.spool, filepath.Join(here, "../../clients/python"))
		if err != nil {
			t.Fatalf("sbatch: %v: %s", err, out)
		}
		at.job = out
	}
	for _, at := range sites {
		at.collect(t, dir)
	}
	requeued, killed := disturb(s)
	t.Logf("%d tasks, %d requeued while they ran, %d killed and requeued", slurmTasks, requeued, killed)
	if requeued == 0 || killed == 0 {
		t.Error("no task was disturbed")
	}
	var files []string
	for _, at := range sites {
		if err := <-at.collected; err != nil {
			t.Error(err)
		}
		files = append(files, at.file)
	}
	checkMerged(t, filepath.Join(dir, "all.db"), files, append(sites[0].expect, sites[1].expect...))
	if t.Failed() {
		logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
		for _, path := range logs {
			text, _ := os.ReadFile(path)
			t.Logf("%s: %s", filepath.Base(path), text)
		}
	}
}

// site is a cluster with a spool of its own.
type site struct {
	name, array, job string
	spool, file      string
	expect           []transfer.Expected
	collected        chan error
}

// collect starts the site's collector, which runs until it has everything.
func (at *site) collect(t *testing.T, dir string) {
	at.file = filepath.Join(dir, at.name+".db")
	at.collected = make(chan error, 1)
	go func() { at.collected <- at.collectAll(t.Context()) }()
}

func (at *site) collectAll(ctx context.Context) error {
	db, err := sqlite.Open(ctx, at.file, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	sp, err := spool.Open(ctx, at.spool, spool.Options{}) // which the first task may not have created
	if err != nil {
		return err
	}
	defer sp.Close()
	r, err := transfer.Collect(ctx, db, []string{at.spool}, transfer.CollectOptions{Watch: true, Interval: 50 * time.Millisecond, Expect: at.expect})
	if err == nil && len(r.Missing)+len(r.Aside)+len(r.Refused) > 0 {
		err = fmt.Errorf("site %s: missing %v, set aside %v, refused %v", at.name, r.Missing, r.Aside, r.Refused)
	}
	return err
}

// disturb waits until all tasks have ended. Every fourth task is requeued when it is
// seen running, and every other fourth is killed and requeued. It returns how many
// of each.
func disturb(s *slurm) (requeued, killed int) {
	seen := map[string]bool{}
	for range time.Tick(100 * time.Millisecond) {
		all := s.tasks()
		if len(all) == 0 {
			break
		}
		for _, task := range all["HELD"] { // its last run was still being cleared away
			_, _ = s.command("scontrol", "release", task)
		}
		if len(all["RUNNING"]) == 0 {
			// For the same reason, Slurm may have taken the node out of service. In
			// service, the node refuses the command.
			if node, err := s.command("sinfo", "--noheader", "--format=%N"); err == nil {
				_, _ = s.command("scontrol", "update", "NodeName="+node, "State=RESUME")
			}
		}
		for _, task := range all["RUNNING"] {
			if seen[task] {
				continue
			}
			seen[task] = true
			switch len(seen) % 4 {
			case 0:
				requeued += s.requeue(task)
			case 1:
				if _, err := s.command("scancel", "--signal=KILL", "--full", task); err == nil {
					s.ended(task)
					killed += s.requeue(task)
				}
			}
		}
	}
	return requeued, killed
}

// requeue has a task run again, and returns 0 if it is too late for that.
func (s *slurm) requeue(task string) int {
	if _, err := s.command("scontrol", "requeue", task); err != nil {
		return 0
	}
	return 1
}

// ended waits until a task has ended.
func (s *slurm) ended(task string) {
	for {
		out, err := s.command("squeue", "--noheader", "--array", "--format=%T", "--states=RUNNING,COMPLETING", "--jobs="+task)
		if err != nil || out == "" {
			return
		}
	}
}

// checkMerged merges the files of the sites and looks for each row.
func checkMerged(t *testing.T, path string, files []string, expect []transfer.Expected) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := transfer.Merge(t.Context(), db, files, transfer.MergeOptions{Expect: expect})
	if err != nil || len(r.Missing) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, e := range expect {
		got, err := store.Value[string](t.Context(), db, "SELECT count(*) || ' ' || count(DISTINCT region) || ' ' || sum(volume = ? + region / 32.0) FROM volumes WHERE subject = ?",
			number(t, e.Key), e.Key)
		if err != nil || got != "20 20 20" {
			t.Errorf("%s: %s rows, regions and right volumes, want 20 of each: %v", e.Key, got, err)
		}
	}
	n, err := store.Value[int64](t.Context(), db, "SELECT count(*) FROM volumes")
	if err != nil || n != 20*slurmTasks {
		t.Errorf("%d rows, want %d: %v", n, 20*slurmTasks, err)
	}
}

func number(t *testing.T, key string) int {
	t.Helper()
	_, digits, _ := strings.Cut(key, "-")
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
