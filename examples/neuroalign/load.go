package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/galley-db/galley/examples/neuroalign/freesurfer"
)

// loader loads the sessions of a study into tables with several workers.
type loader struct {
	workers   int
	targets   []target
	require   []string
	inventory *inventory // nil for a study whose files never change

	mu       sync.Mutex // of what follows
	tally    tally
	progress progress
}

// task is one table of one session.
type task struct {
	session session
	target  target
	visit   *visit
}

// load does all tasks of a study. It finds them while it goes and holds a few
// for each worker, so that its memory does not grow with the study.
//
// It returns when all is done, or ctx ended, or the output failed; only the
// last is an error. No goroutine of it is left then.
func (l *loader) load(ctx context.Context, s *study) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var failure error
	var once sync.Once
	tasks := make(chan task, l.workers)

	var wg sync.WaitGroup
	for range l.workers {
		wg.Go(func() {
			for t := range tasks {
				if err := l.do(ctx, t); err != nil {
					once.Do(func() { failure = err })
					stop(err)
				}
			}
		})
	}
	if err := l.plan(ctx, s, tasks); err != nil {
		once.Do(func() { failure = err })
		stop(err)
	}
	close(tasks)
	wg.Wait()
	return failure
}

// plan sends the tasks until ctx ends. Its error is one of the output.
func (l *loader) plan(ctx context.Context, s *study, tasks chan<- task) error {
	for session, err := range s.sessions() {
		if ctx.Err() != nil {
			return nil
		}
		if err == nil && s.replicas == 0 {
			var input *inputError
			err = l.compare(ctx, s, session)
			switch {
			case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
				return nil
			case err != nil && !errors.As(err, &input):
				return fmt.Errorf("saving the list of files: %w", err)
			}
		}
		if err != nil {
			l.refuse(err)
			continue
		}
		v := &visit{left: len(l.targets)}
		for _, target := range l.targets {
			// The workers take tasks until the channel is closed, also after
			// ctx ended: this does not block for ever.
			tasks <- task{session, target, v}
		}
	}
	return nil
}

// compare looks at which files a session has, and records what it lacks and
// what came late. Its error is an *inputError if the session cannot be loaded.
func (l *loader) compare(ctx context.Context, s *study, session session) error {
	files, err := session.Files()
	if err != nil {
		return &inputError{err}
	}
	id := idOf(session)
	if s.census != nil {
		s.census.compare(id, files)
	}
	for _, name := range l.require {
		if !slices.Contains(files, name) {
			return &inputError{fmt.Errorf("%s: lacks %s, which -require asks for", id, name)}
		}
	}
	if len(files) == 0 {
		return &inputError{fmt.Errorf("%s: no statistics file in its folder", id)}
	}
	if l.inventory == nil {
		return nil
	}
	late, err := l.inventory.check(ctx, session, files)
	if len(late) > 0 {
		var names list
		for _, name := range late {
			names.add(name)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.tally.late.add(id + ": " + names.String())
	}
	return err
}

// refuse counts a folder without a session that can be read.
func (l *loader) refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var none *freesurfer.NoStatsError
	if errors.As(err, &none) {
		l.tally.passed(none.Dir)
		return
	}
	l.tally.sessions.failed++
	l.complain(err.Error())
}

// do does one task and counts it. Its error is one of the output.
func (l *loader) do(ctx context.Context, t task) error {
	rows, applied, err := t.target.load(ctx, t.session)

	l.mu.Lock()
	defer l.mu.Unlock()
	var input *inputError
	switch {
	case errors.As(err, &input):
		l.complain(keyOf(t.session, t.target.name()) + ": " + err.Error())
		l.tally.add(t.visit, taskFailed, 0)
	case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return nil // stopped: neither done nor failed
	case err != nil:
		return fmt.Errorf("saving %s: %w", keyOf(t.session, t.target.name()), err)
	case applied && rows == 0:
		l.tally.add(t.visit, taskEmpty, 0)
	case applied:
		l.tally.add(t.visit, taskNew, rows)
	default:
		l.tally.add(t.visit, taskSkipped, 0)
	}
	l.progress.advance()
	if t.visit.left == 0 {
		for _, name := range t.session.NotUnderstood() {
			l.tally.notUnderstood.add(idOf(t.session) + ": " + name)
		}
	}
	return nil
}

// complain reports a failure at once, and keeps it for the summary.
func (l *loader) complain(line string) {
	l.progress.say("failed: " + line)
	l.tally.complain(line)
}
