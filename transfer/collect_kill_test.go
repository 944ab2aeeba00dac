package transfer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

const (
	raceKeys = 50
	raceRows = 40
)

// TestProcess is what the other processes of a test run.
func TestProcess(t *testing.T) {
	dir, db := os.Getenv("GALLEY_TEST_SPOOL"), os.Getenv("GALLEY_TEST_DB")
	if pattern := os.Getenv("GALLEY_TEST_MERGE"); pattern != "" {
		mergeFiles(t, db, pattern)
		return
	}
	if dir == "" {
		t.Skip("it is run by other tests")
	}
	if db == "" {
		seed, _ := strconv.ParseUint(os.Getenv("GALLEY_TEST_SEED"), 10, 64)
		writeRaceKeys(t, dir, seed)
		return
	}
	dst, err := sqlite.Open(context.Background(), db, sqlite.Options{Durability: sqlite.Full})
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	_, err = Collect(context.Background(), dst, []string{dir}, CollectOptions{Watch: true, Interval: 1,
		Progress: func(r CollectReport) { fmt.Println("line collected", r.Batches) }})
	t.Error("a collector that watches came to an end:", err)
}

// writeRaceKeys stores every key, in an order of its own, and prints those that
// are acknowledged.
func writeRaceKeys(t *testing.T, dir string, seed uint64) {
	s, err := spool.Open(t.Context(), dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.Open[region](t.Context(), s, table.Options[region]{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range rand.New(rand.NewPCG(seed, 1)).Perm(raceKeys) {
		if _, err := tab.AppendOnce(t.Context(), fmt.Sprintf("sub-%03d", i), regionRows(raceRows)); err != nil {
			t.Fatal(err)
		}
		fmt.Println("line", i)
	}
}

// process is another process, whose lines are counted.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func startProcess(t *testing.T, lines chan<- struct{}, env ...string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcess$", "-test.count=1")
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, make(chan struct{})}
	go func() {
		defer close(p.done)
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			if len(scanner.Text()) > 4 && scanner.Text()[:4] == "line" {
				lines <- struct{}{}
			}
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	}()
	return p
}

// kill ends the process with SIGKILL and waits for its end.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Writers of the same keys and collectors of the same spool are killed at any
// moment and started again: every row is in the database once.
func TestKilledWritersAndCollectors(t *testing.T) {
	testtime.Seconds(t)
	kills := 12
	if os.Getenv("GALLEY_LAB") != "" {
		kills = 200
	}
	if len(mounts()) > 0 {
		kills = 50
	}
	if testing.Short() {
		kills = 3
	}
	s := newSpool(t)
	path := filepath.Join(t.TempDir(), "study.db")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	lines := make(chan struct{})
	starts := []func() *process{}
	clock := 0 // hours ahead
	for i := range 4 {
		starts = append(starts, func() *process {
			moveClock(t, 1-2*clock)
			clock = 1 - clock
			env := []string{"GALLEY_TEST_SPOOL=" + seenBy(s, i/2), "GALLEY_TEST_SEED=" + fmt.Sprint(r.Uint64())}
			if i%2 == 1 {
				env = append(env, "GALLEY_TEST_DB="+path)
			}
			return startProcess(t, lines, env...)
		})
	}
	running := make([]*process, len(starts))
	for i, start := range starts {
		running[i] = start()
	}
	acknowledged, killed := 0, [2]int{}
	for range kills {
		for range r.IntN(25) {
			select {
			case <-lines:
				acknowledged++
			case <-running[0].done: // a writer that is through writes no more lines
				running[0] = starts[0]()
			case <-running[2].done:
				running[2] = starts[2]()
			}
		}
		i := r.IntN(len(running))
		killed[i%2]++
		killWhileReading(running[i], lines)
		running[i] = starts[i]()
	}
	for _, p := range running {
		killWhileReading(p, lines)
	}
	t.Logf("killed: %d writers, %d collectors; %d lines of both before", killed[0], killed[1], acknowledged)
	last := startProcess(t, lines, "GALLEY_TEST_SPOOL="+seenBy(s, 1), "GALLEY_TEST_SEED=1")
	for range raceKeys {
		<-lines
	}
	<-last.done

	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	report := collect(t, db, s, CollectOptions{})
	if len(report.Aside)+len(report.Refused) > 0 {
		t.Errorf("set aside: %v, refused: %v", report.Aside, report.Refused)
	}
	stored(t, db, raceRows, keyNames(raceKeys)...)
	if left := waiting(t, s); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	aside, err := filepath.Glob(filepath.Join(s.Path(), "damaged", "*"))
	if err != nil {
		t.Error(err)
	}
	for _, path := range aside {
		t.Errorf("set aside: %s: %.300q", path, readFile(t, path))
	}
	for _, key := range keyNames(raceKeys) {
		if _, err := store.FindBatch(t.Context(), s, "region", key); err != nil {
			t.Errorf("key %s: %v", key, err)
		}
	}
}

// killWhileReading kills a process, whose last lines may still come.
func killWhileReading(p *process, lines <-chan struct{}) {
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		p.kill()
	}()
	for {
		select {
		case <-lines:
		case <-killed:
			return
		}
	}
}

// Eight writers of the same 50 keys: each key is acknowledged as applied once.
func TestEightWritersOfTheSameKeys(t *testing.T) {
	testtime.Seconds(t)
	s, db := newSpool(t), newDatabase(t)
	lines := make(chan struct{})
	var writers []*process
	for i := range 8 {
		writers = append(writers, startProcess(t, lines, "GALLEY_TEST_SPOOL="+seenBy(s, i), "GALLEY_TEST_SEED="+fmt.Sprint(i)))
	}
	for range 8 * raceKeys {
		<-lines
	}
	for _, w := range writers {
		<-w.done
	}
	if n := len(waiting(t, s)); n != raceKeys && len(mounts()) < 2 { // another host may see fewer, for a while
		t.Errorf("%d files, want %d", n, raceKeys)
	}
	if got := counts(collect(t, db, s, CollectOptions{})); got != fmt.Sprintf("batches %d rows %d present 0 duplicates 0 aside 0 refused 0", raceKeys, raceKeys*raceRows) {
		t.Errorf("report: %s", got)
	}
	stored(t, db, raceRows, keyNames(raceKeys)...)
}
