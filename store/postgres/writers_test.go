package postgres_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// TestMain is also what a writer process begins with.
func TestMain(m *testing.M) {
	if order := os.Getenv("GALLEY_TEST_WRITER"); order != "" {
		if err := writeBatches(order); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(testtime.Tests{M: pgcluster.Tests{M: m}})
}

// order is the work of a writer process.
type order struct {
	URL     string
	Options postgres.Options
	Writer  int
	Batches int
}

// batchRows is the number of rows of a writer's batch.
func batchRows(writer, batch int) int { return 1 + (writer*7+batch*13)%60 }

// firstRow is the number of a batch's first row, and batchOf the inverse.
func firstRow(writer, batch int) int { return (writer*10_000 + batch) * 100 }

// writeBatches writes batches, each second one under a key, and reports
// the outcome of each on standard output.
func writeBatches(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	ctx := context.Background()
	db, err := postgres.Open(ctx, o.URL, o.Options)
	if err != nil {
		return err
	}
	defer db.Close()
	tab, err := table.Open(ctx, db, table.Options[written]{})
	if err != nil {
		return err
	}
	// Open is not what is tried here: all begin when all have opened.
	fmt.Println("open", o.Writer, 0)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	for b := range o.Batches {
		rows := make([]written, batchRows(o.Writer, b))
		for i := range rows {
			rows[i] = written{int64(firstRow(o.Writer, b) + i), fmt.Sprintf("writer %d", o.Writer)}
		}
		said := "stored"
		if b%2 == 0 {
			_, err = tab.AppendOnce(ctx, fmt.Sprintf("%d/%d", o.Writer, b), rows)
		} else if err = tab.Append(ctx, rows); errors.Is(err, store.ErrCommitUnknown) {
			said, err = "unknown", nil
		}
		if err != nil {
			return err
		}
		fmt.Println(said, o.Writer, b)
	}
	return nil
}

type written struct {
	N    int64
	Name string
}

// runWriters runs writer processes and calls at with the number of batches that
// were acknowledged so far, one after the other. It returns what they said of
// each batch, by its first row.
func runWriters(t *testing.T, o order, writers int, at func(acknowledged int)) map[int]string {
	t.Helper()
	said := map[int]string{}
	var mu sync.Mutex
	var running sync.WaitGroup
	var begin []io.Closer // of each writer
	opened := 0
	arrive := func() {
		mu.Lock()
		defer mu.Unlock()
		if opened++; opened == writers {
			for _, b := range begin {
				_ = b.Close() // it may have ended
			}
		}
	}
	for w := range writers {
		o.Writer = w
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "GALLEY_TEST_WRITER="+string(text))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		begin = append(begin, in)
		mu.Unlock()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			arrived := sync.OnceFunc(arrive)
			lines := bufio.NewScanner(out)
			for lines.Scan() {
				var word string
				var writer, batch int
				if _, err := fmt.Sscan(lines.Text(), &word, &writer, &batch); err != nil {
					t.Errorf("a writer says %q", lines.Text())
					continue
				}
				if word == "open" {
					arrived()
					continue
				}
				mu.Lock()
				said[firstRow(writer, batch)] = word
				at(len(said))
				mu.Unlock()
			}
			arrived() // also one that could not open
			if err := cmd.Wait(); err != nil {
				t.Errorf("writer %d: %v\n%s", w, err, stderr.String())
			}
		})
	}
	running.Wait()
	return said
}

// checkWritten compares the tables with what the writers said: nothing that was
// acknowledged is missing, nothing exists twice, and no batch in part.
func checkWritten(t *testing.T, url, name string, o order, writers int, said map[int]string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	counts := map[int]int{}
	rows, err := c.Query(ctx, "SELECT n / 100 * 100 AS batch, count(*), count(DISTINCT n) FROM "+name+".written GROUP BY batch")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var batch, n, distinct int
		if err := rows.Scan(&batch, &n, &distinct); err != nil {
			t.Fatal(err)
		}
		if n != distinct {
			t.Errorf("batch %d: %d rows, %d of them different", batch, n, distinct)
		}
		counts[batch] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	words := map[string]int{}
	for w := range writers {
		for b := range o.Batches {
			first := firstRow(w, b)
			words[said[first]]++
			n, want := counts[first], batchRows(w, b)
			delete(counts, first)
			if n != want && (said[first] != "unknown" || n != 0) {
				t.Errorf("writer %d, batch %d was %q: %d of %d rows are there", w, b, said[first], n, want)
			}
		}
	}
	if len(counts) > 0 {
		t.Errorf("there are batches that nobody wrote: %v", counts)
	}
	var keys, different int
	err = c.QueryRow(ctx, "SELECT count(*), count(DISTINCT key) FROM "+name+".galley_batches WHERE \"table\" = 'written'").Scan(&keys, &different)
	if want := writers * ((o.Batches + 1) / 2); err != nil || keys != want || different != want {
		t.Errorf("%d keys, %d of them different, %v, want %d", keys, different, err, want)
	}
	t.Logf("batches by what was said of them: %v", words)
}

// TestCrashedServerLosesNothing kills the server while 8 processes write, and starts it again.
func TestCrashedServerLosesNothing(t *testing.T) {
	testtime.Minutes(t)
	cluster := pgcluster.Start(t)
	o := order{URL: cluster.URL(), Options: postgres.Options{Schema: "crash", MaxConns: 4}, Batches: 60}
	const writers = 8
	crashed := 0
	said := runWriters(t, o, writers, func(n int) {
		if n == 100 || n == 250 {
			crash(t, cluster)
			crashed++
		}
	})
	if crashed != 2 {
		t.Errorf("the server crashed %d times, want 2", crashed)
	}
	checkWritten(t, cluster.URL(), "crash", o, writers, said)
}

func crash(t *testing.T, c *pgcluster.Cluster) {
	if err := c.Stop("immediate"); err != nil {
		t.Error(err)
	}
	if err := c.Run(); err != nil {
		t.Error(err)
	}
}
