package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// child is another process: it works until it is killed or its standard input
// ends, and prints what it was acknowledged and what it met.
func child(s settings) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	path := s.dir
	db, err := openStore(ctx, path, s)
	if err != nil && ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer db.Close()
	tab, err := openTable(ctx, db)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(words ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(words...)
	}
	w := &worker{db: db, tab: tab, s: s,
		name:  fmt.Sprintf("process%d-%d", s.child, os.Getpid()),
		acked: func(key string, rows int) { say("ack", key, rows) },
		event: func(kind, what string) { say(kind, what) },
	}
	w.run(ctx)
	return nil
}

// supervise keeps a child running until ctx ends, and kills or stops it now
// and then.
func supervise(ctx context.Context, s settings, path string, n int, acks *ledger, r *report) {
	for ctx.Err() == nil {
		if err := life(ctx, s, path, n, acks, r); err != nil {
			r.event("error", err.Error())
			pause(ctx, time.Second)
		}
	}
}

// life is one process from its start to its end.
func life(ctx context.Context, s settings, path string, n int, acks *ledger, r *report) error {
	c := exec.Command(os.Args[0], "-child", fmt.Sprint(n), "-dir", path,
		"-goroutines", fmt.Sprint(s.goroutines), fmt.Sprintf("-full=%v", s.full))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			heard(lines.Text(), acks, r)
		}
	}()
	killed := false
	for !killed && ctx.Err() == nil {
		pause(ctx, time.Duration(200+rand.IntN(2500))*time.Millisecond)
		r.memory(c.Process.Pid)
		switch {
		case ctx.Err() != nil:
		case rand.IntN(3) == 0 && stop(c.Process):
			r.event("fault", "process stopped and continued")
			pause(ctx, time.Duration(rand.IntN(300))*time.Millisecond)
			resume(c.Process)
		default:
			r.event("fault", "process killed")
			killed = true
			c.Process.Kill()
		}
	}
	in.Close()
	<-ended
	err = c.Wait()
	if killed {
		return nil
	}
	return err
}

// heard takes down a line of a child's.
func heard(line string, acks *ledger, r *report) {
	kind, rest, _ := strings.Cut(line, " ")
	if kind != "ack" {
		r.event(kind, rest)
		return
	}
	key, rows, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(rows); err == nil {
		acks.add(key, n)
	}
}
