package workload

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/galley-db/galley/bench/peer"
	"github.com/galley-db/galley/bench/row"
)

// childWord is the first argument of a child process: the benchmark's own
// program, started again.
const childWord = "galleybench-child"

// job is a child's input, as JSON in its second argument.
type job struct {
	Task     string // "idle", "bulk", "sessions", "append", "merge", "collect", "import" or "export"
	Peer     string
	File     peer.File
	Rows     int
	Batch    int
	First    int    // first row of "append"
	Source   string // list of "merge", folder of "collect", file of "import" and "export"
	Format   peer.Format
	Duration time.Duration
}

// answer is what a child writes to standard output, as JSON.
type answer struct {
	Tally   row.Tally
	Took    time.Duration
	Longest time.Duration // append
	Peak    int64         // bytes resident at most
}

// Child does the work of a child process and ends it, where this process is
// one; otherwise it returns at once. main calls it first.
func Child() {
	if len(os.Args) != 3 || os.Args[1] != childWord {
		return
	}
	if err := child(context.Background(), os.Args[2], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child(ctx context.Context, told string, in io.Reader, out io.Writer) error {
	var j job
	if err := json.Unmarshal([]byte(told), &j); err != nil {
		return err
	}
	peers, err := peer.Select(j.Peer)
	if err != nil {
		return err
	}
	p, ok := peers[0].(peer.Opener)
	if !ok {
		return fmt.Errorf("%s is a program of its own", j.Peer)
	}
	var a answer
	switch j.Task {
	case "merge":
		a.Took, err = p.(peer.Merger).Merge(ctx, j.File, j.Source)
	case "import", "export":
		a.Took, err = exchange(ctx, p, j)
	case "collect":
		a.Took, err = p.(peer.Collector).Collect(ctx, j.File, j.Source)
	case "bulk":
		a.Took, a.Tally, err = loadOpen(ctx, p, j.File, j.Rows, j.Batch)
	case "sessions":
		a.Took, err = storeSessions(ctx, p, j.File, j.Rows/row.SessionRows, func(i int) row.Batch {
			return row.NewBatch(row.A, row.SessionRows, i*row.SessionRows)
		})
	case "idle":
	case "append":
		a, err = appendInTurn(ctx, p, j, in, out)
	default:
		err = fmt.Errorf("no task %q", j.Task)
	}
	if err != nil {
		return err
	}
	if a.Peak, err = peakMemory(); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(a)
}

// appendInTurn opens the file, says so, waits for the word to start, and
// appends until its time is over.
func appendInTurn(ctx context.Context, p peer.Opener, j job, in io.Reader, out io.Writer) (a answer, err error) {
	c, err := p.Open(ctx, j.File)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	batches := make([]row.Batch, 16)
	for i := range batches {
		batches[i] = row.NewBatch(j.File.Kind, j.Batch, j.First+i*j.Batch)
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return a, err
	}
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return a, err
	}
	start := time.Now()
	a.Tally, a.Longest, err = appendFor(ctx, c, batches, start.Add(j.Duration))
	a.Took = time.Since(start)
	return a, err
}

// process is a child that runs.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func spawn(ctx context.Context, j job) (*process, error) {
	told, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, childWord, string(told))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{cmd, in, bufio.NewReader(out)}, cmd.Start()
}

// ready waits until the child has opened its file.
func (p *process) ready() error {
	_, err := p.out.ReadString('\n')
	return err
}

func (p *process) start() error {
	_, err := io.WriteString(p.in, "go\n")
	return err
}

// wait returns the child's answer after its end.
func (p *process) wait() (a answer, err error) {
	decoded := json.NewDecoder(p.out).Decode(&a)
	if err := p.cmd.Wait(); err != nil {
		return a, fmt.Errorf("child process: %w", err)
	}
	return a, decoded
}
