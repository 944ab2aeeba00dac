package table_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// labVariable has the job of a child process in a fault test.
const labVariable = "GALLEY_LAB_JOB"

// rounds is the count for the form that runs: the long one with GALLEY_LAB=1.
func rounds(short, long int) int {
	if os.Getenv("GALLEY_LAB") != "" {
		return long
	}
	return short
}

// labJob is the work of a child process in a fault test.
type labJob struct {
	Do     string
	Path   string
	Worker int
	Rows   int
	Full   bool
	Limit  uint64
}

// start runs j in a child, and returns the command and the lines it prints.
func (j labJob) start(t testing.TB) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	c := j.command(t, os.Args[0])
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewScanner(out)
}

func (j labJob) command(t testing.TB, binary string) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(binary)
	c.Env = append(os.Environ(), labVariable+"="+string(text))
	c.Stderr = os.Stderr
	return c
}

// labChild runs a job, and ends the process.
func labChild(text string) {
	var j labJob
	err := json.Unmarshal([]byte(text), &j)
	if err == nil {
		switch j.Do {
		case "keys":
			err = j.keys()
		case "clear":
			err = j.clear()
		case "append":
			err = j.append()
		case "together":
			err = j.together()
		case "open":
			err = j.open()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (j labJob) table(ctx context.Context) (*sqlite.DB, *table.Table[scan], error) {
	opts := sqlite.Options{WALBytes: 300_000}
	if j.Full {
		opts.Durability = sqlite.Full
	}
	db, err := sqlite.Open(ctx, j.Path, opts)
	if err != nil {
		return nil, nil, err
	}
	tab, err := table.Open(ctx, db, table.Options[scan]{})
	return db, tab, err
}

// keys stores keys without end: those that all workers share, and its own. It
// prints each as soon as it is acknowledged, and now and then makes a
// checkpoint or a backup.
func (j labJob) keys() error {
	ctx := context.Background()
	db, tab, err := j.table(ctx)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		id := i
		if i%2 == 1 {
			id = 100_000*(j.Worker+1) + i
		}
		if _, err := tab.AppendOnce(ctx, strconv.Itoa(id), keyed(id, keySize(id))); err != nil {
			return err
		}
		fmt.Println(id)
		switch {
		case i%40 == 17:
			if _, err := db.Checkpoint(ctx, sqlite.CheckpointMode(i/40%2)); err != nil && !errors.Is(err, sqlite.ErrCheckpointBusy) {
				return err
			}
		case i%150 == 149 && j.Worker == 0:
			copied := fmt.Sprintf("%s.copy%d-%d", j.Path, os.Getpid(), i)
			if err := db.Backup(ctx, copied, nil); err != nil {
				return err
			}
			os.Remove(copied)
		}
	}
}

// keySize is the number of rows of a key: some go by statements, some by images.
func keySize(id int) int { return []int{3, 45, 1, 120}[id/2%4] }

// TestKilledProcessesLoseNothing kills processes that store keys, at any moment, and starts others
// on the same file: at the end each key's rows exist once, and no key that
// was acknowledged was lost.
func TestKilledProcessesLoseNothing(t *testing.T) {
	testtime.Seconds(t)
	path := tempPath(t)
	openTable(t, openDB(t, path), table.Options[scan]{})
	acknowledged := map[string]bool{}
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range rounds(12, 50) {
		var wg sync.WaitGroup
		for w := range 3 {
			signal := []os.Signal{syscall.SIGKILL, syscall.SIGTERM}[rng.IntN(2)]
			lines, pause := rng.IntN(60+5*round), time.Duration(rng.IntN(3000))*time.Microsecond
			c, out := labJob{Do: "keys", Path: path, Worker: w}.start(t)
			wg.Go(func() {
				// Lines that were in the pipe already are acknowledged too.
				for n := 0; out.Scan(); n++ {
					mu.Lock()
					acknowledged[out.Text()] = true
					mu.Unlock()
					if n == lines {
						time.AfterFunc(pause, func() { c.Process.Signal(signal) })
					}
				}
				if c.Wait(); c.ProcessState.ExitCode() == 1 {
					t.Errorf("round %d: a child failed by itself", round)
				}
			})
		}
		wg.Wait()
	}
	tab := openTable(t, openDB(t, path), table.Options[scan]{})
	stored := map[string]bool{}
	for _, key := range collect(t, tab.Keys(t.Context())) {
		if stored[key] {
			t.Errorf("key %s is stored twice", key)
		}
		stored[key] = true
	}
	for key := range acknowledged {
		if !stored[key] {
			t.Errorf("key %s was acknowledged and is not there", key)
		}
	}
	perKey := map[int64]int{}
	for row, err := range tab.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		perKey[row.Voxels/1000]++
	}
	for key, n := range perKey {
		if n != keySize(int(key)) || !stored[strconv.FormatInt(key, 10)] {
			t.Errorf("key %d has %d rows, want %d; in the ledger: %v", key, n, keySize(int(key)), stored[strconv.FormatInt(key, 10)])
		}
	}
	if len(perKey) != len(stored) || len(stored) < 100 {
		t.Errorf("%d keys with rows, %d in the ledger", len(perKey), len(stored))
	}
	t.Logf("%d keys acknowledged, %d stored", len(acknowledged), len(stored))
}

// clear appends a few batches and clears, over and over.
func (j labJob) clear() error {
	ctx := context.Background()
	for i := 0; ; i++ {
		db, tab, err := j.table(ctx)
		if err != nil {
			return err
		}
		for b := range 3 {
			id := 10*i + b
			if err := tab.Append(ctx, keyed(id, 20)); err != nil {
				return err
			}
			fmt.Println("stored", id)
		}
		fmt.Println("clearing")
		if err := db.Clear(ctx); err != nil {
			return err
		}
		fmt.Println("cleared")
	}
}

// TestKillDuringClear kills a process that appends and clears. What is found
// then is what it had stored since the last Clear, or, where it was clearing,
// nothing; and it can be used on.
func TestKillDuringClear(t *testing.T) {
	testtime.Seconds(t)
	rng := rand.New(rand.NewPCG(3, 4))
	path := filepath.Join(t.TempDir(), "test.db")
	for round := range rounds(10, 200) {
		lines, pause := rng.IntN(40), time.Duration(rng.IntN(4000))*time.Microsecond
		c, out := labJob{Do: "clear", Path: path}.start(t)
		since := map[int64]bool{}
		clearing := false
		for n := 0; out.Scan(); n++ {
			word, id, _ := strings.Cut(out.Text(), " ")
			switch word {
			case "stored":
				k, _ := strconv.ParseInt(id, 10, 64)
				since[k] = true
			case "clearing":
				clearing = true
			case "cleared":
				clearing = false
				clear(since)
			}
			if n == lines {
				time.AfterFunc(pause, func() { c.Process.Kill() })
			}
		}
		if c.Wait(); c.ProcessState.ExitCode() == 1 {
			t.Errorf("round %d: the child failed by itself", round)
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if len(since) > 0 && !clearing {
				t.Errorf("round %d: the file is gone with %d batches", round, len(since))
			}
			continue
		}
		db := openDB(t, path)
		tab := openTable(t, db, table.Options[scan]{})
		perBatch := map[int64]int{}
		for row, err := range tab.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			perBatch[row.Voxels/1000]++
		}
		for id := range since {
			if perBatch[id] != 20 && !(clearing && len(perBatch) == 0) {
				t.Errorf("round %d: batch %d has %d rows, want 20 (clearing: %v)", round, id, perBatch[id], clearing)
			}
		}
		checkIntegrity(t, path)
		if err := db.Clear(t.Context()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	left, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range left { // what a kill inside of Open leaves, under a name of its own
		if !strings.Contains(name, ".new-") {
			t.Errorf("left: %s", name)
		}
	}
}
