package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// settings are the flags.
type settings struct {
	length     time.Duration
	round      time.Duration
	processes  int
	goroutines int
	dir        string
	full       bool
	child      int
}

func main() {
	var s settings
	flag.DurationVar(&s.length, "for", 10*time.Minute, "how long")
	flag.DurationVar(&s.round, "round", 10*time.Second, "how long each database is written before it is checked")
	flag.IntVar(&s.processes, "processes", 3, "other processes that write")
	flag.IntVar(&s.goroutines, "goroutines", 4, "goroutines of each process that write")
	flag.StringVar(&s.dir, "dir", "", "folder for the databases; a temporary one, on a file system of its own if possible")
	flag.BoolVar(&s.full, "full", false, "sync every commit (store.Full)")
	flag.IntVar(&s.child, "child", 0, "for its own use: be the nth other process")
	flag.Parse()
	if s.child > 0 {
		if err := child(s); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	ok, err := run(s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// diskSize is that of the file system that gets filled.
const diskSize = 1 << 30

// run runs the load, prints the report, and reports whether all was well.
func run(s settings) (ok bool, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := newReport()
	small := false
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "galley-soak-"); err != nil {
			return false, err
		}
		defer os.RemoveAll(s.dir)
		if mountErr := mount(s.dir, diskSize); mountErr != nil {
			fmt.Printf("the disk is not filled: %v\n", mountErr)
		} else {
			small = true
			defer unmount(s.dir)
		}
	}
	end := time.Now().Add(s.length)
	for n := 1; time.Now().Before(end) && ctx.Err() == nil; n++ {
		path := filepath.Join(s.dir, fmt.Sprintf("round%d.db", n))
		length := min(s.round, time.Until(end))
		if err := round(ctx, s, path, length, small, r); err != nil {
			return false, fmt.Errorf("round %d: %w", n, err)
		}
		if n == 1 {
			r.settled() // the engine and the pools are warm
		}
		fmt.Printf("round %d: %s\n", n, r.line())
	}
	return r.print(), nil
}
