package table_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// The tests of several processes run this test binary again, with a job for
// it in the environment.
const jobVariable = "GALLEY_TEST_JOB"

func TestMain(m *testing.M) {
	if text := os.Getenv(jobVariable); text != "" {
		var j job
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			panic(err)
		}
		if err := j.run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if text := os.Getenv(labVariable); text != "" {
		labChild(text)
	}
	goleak.VerifyTestMain(testtime.Tests{M: m})
}

// job is what a child process does.
type job struct {
	Path   string
	Worker int
	Rows   int           // of a batch
	For    time.Duration // how long it appends, or
	Keys   int           // how many keys it stores
}

// child returns the command that runs j.
func (j job) child(t testing.TB) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), jobVariable+"="+string(text))
	c.Stderr = os.Stderr
	return c
}

// run appends, and prints how many batches it stored and its longest wait.
// When it stores keys it prints each as soon as it is acknowledged.
func (j job) run() error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, j.Path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	tab, err := table.Open(ctx, db, table.Options[scan]{})
	if err != nil {
		return err
	}
	if j.Keys > 0 {
		for i := range j.Keys {
			key := strconv.Itoa(i)
			if _, err := tab.AppendOnce(ctx, key, keyed(i, j.Rows)); err != nil {
				return err
			}
			fmt.Println(key)
		}
		return nil
	}
	fmt.Println("ready")
	var line string
	fmt.Scanln(&line) // all begin together
	n, longest, err := appendFor(ctx, tab, j.Worker, j.Rows, j.For)
	fmt.Println(n, longest.Microseconds())
	return err
}

// keyed returns the rows that belong to key i.
func keyed(i, n int) []scan { return makeScans(1000*i, n) }

// appendFor appends batches for a while.
func appendFor(ctx context.Context, tab *table.Table[scan], worker, rows int, d time.Duration) (n int, longest time.Duration, err error) {
	batch := makeScans(worker, rows)
	for end := time.Now().Add(d); time.Now().Before(end); n++ {
		began := time.Now()
		if err := tab.Append(ctx, batch); err != nil {
			return n, longest, err
		}
		longest = max(longest, time.Since(began))
	}
	return n, longest, nil
}

// TestGoroutinesLoseNothing: eight goroutines append at once. No error reaches them,
// none starves, and all rows exist.
func TestGoroutinesLoseNothing(t *testing.T) {
	testtime.Seconds(t)
	fairly(t, goroutines)
}

func goroutines(t *testing.T) bool {
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[scan]{})
	counts := make([]int, 8)
	waits := make([]time.Duration, 8)
	var wg sync.WaitGroup
	for w := range counts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var err error
			if counts[w], waits[w], err = appendFor(t.Context(), tab, w, 100, time.Second); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	return fair(t, tab, counts, waits)
}

// fairly runs a scenario until it is fair, three times at the most: other
// programs on the machine take their share from one writer or another, and a
// writer that galley starves is starved every time. What is lost fails at once.
func fairly(t *testing.T, scenario func(*testing.T) bool) {
	for range 3 {
		if scenario(t) || t.Failed() {
			return
		}
	}
	t.Error("the slowest writer stored less than half of what the fastest did, three times")
}

// TestProcessesLoseNothing: the same with eight processes.
func TestProcessesLoseNothing(t *testing.T) {
	testtime.Seconds(t)
	fairly(t, processes)
}

func processes(t *testing.T) bool {
	path := tempPath(t)
	var wg sync.WaitGroup
	counts := make([]int, 8)
	waits := make([]time.Duration, 8)
	begin := make(chan struct{})
	var ready sync.WaitGroup
	for w := range counts {
		c := job{Path: path, Worker: w, Rows: 100, For: 3 * time.Second}.child(t)
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ready.Add(1)
		wg.Add(1)
		go func() {
			defer wg.Done()
			var word string
			_, err := fmt.Fscanln(out, &word)
			ready.Done()
			if err != nil {
				t.Errorf("worker %d: %v", w, err)
			}
			<-begin
			in.Write([]byte("\n"))
			var micros int64
			if _, err := fmt.Fscanln(out, &counts[w], &micros); err != nil {
				t.Errorf("worker %d: %v", w, err)
			}
			waits[w] = time.Duration(micros) * time.Microsecond
			if err := c.Wait(); err != nil {
				t.Errorf("worker %d: %v", w, err)
			}
		}()
	}
	ready.Wait()
	close(begin)
	wg.Wait()
	return fair(t, openTable(t, openDB(t, path), table.Options[scan]{}), counts, waits)
}

// fair checks that of what writers did side by side nothing was lost, and
// reports whether none of them was starved.
func fair(t *testing.T, tab *table.Table[scan], counts []int, waits []time.Duration) bool {
	t.Helper()
	sum, least, most := 0, counts[0], counts[0]
	longest := waits[0]
	for i, n := range counts {
		sum += n
		least, most = min(least, n), max(most, n)
		longest = max(longest, waits[i])
	}
	t.Logf("%d batches, slowest/fastest %.2f, longest append %v", sum, float64(least)/float64(most), longest)
	if n, err := tab.Count(t.Context()); n != int64(100*sum) || err != nil {
		t.Errorf("%d rows, %v; %d were acknowledged", n, err, 100*sum)
	}
	return 2*least >= most
}
