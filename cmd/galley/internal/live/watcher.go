package live

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
)

// watcher looks at a Source once a refresh, for all pages together.
type watcher struct {
	source  Source
	opts    Options
	mu      sync.Mutex
	look    *Look
	history map[string]*series
	changed chan struct{} // closed at each look
}

// share is the part of the time that reading may take: after a look that took
// long, the watcher waits so much longer.
const share = 0.02

// run looks until ctx ends.
func (w *watcher) run(ctx context.Context) {
	for {
		began := time.Now()
		w.refresh(ctx)
		wait := max(w.opts.Every, time.Duration(float64(time.Since(began))/share))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// refresh looks once, and wakes the pages that wait.
func (w *watcher) refresh(ctx context.Context) {
	before, _ := w.now()
	l, err := w.source.Look(ctx, before)
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		copied := *before
		l = &copied
		l.Error, l.Faults = err.Error(), []string{}
	} else {
		l.Tables = append([]Table{}, l.Tables...) // which may be those of the look before
		w.rates(l)
		if len(w.opts.Expect) > 0 {
			l.Expected = progress(w.opts.Expect, l, w.opts.KeyName, w.opts.Group)
		}
		l.judge()
	}
	w.look = l
	close(w.changed)
	w.changed = make(chan struct{})
}

// rates compares the tables of a look with earlier looks.
func (w *watcher) rates(l *Look) {
	for i := range l.Tables {
		t := &l.Tables[i]
		s := w.history[t.Name]
		if s == nil {
			s = &series{}
			w.history[t.Name] = s
		}
		p := Point{l.At, t.Rows, t.Batches}
		t.RowsPerSecond, t.BatchesRate = 0, 0
		if from, ok := s.recent(l.At); ok {
			t.RowsPerSecond, t.BatchesRate = rate(from, p, rowsOf), rate(from, p, batchesOf)
		}
		s.add(p)
	}
}

// now returns the last look and a channel that is closed
// at the next one.
func (w *watcher) now() (*Look, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.look, w.changed
}

// points returns a copy of a table's history.
func (w *watcher) points(table string) []Point {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.history[table]; s != nil {
		return s.upToNow()
	}
	return []Point{}
}

const (
	largeWAL = 256 << 20
	lowDisk  = 1 << 30
)

// judge adds what a person should look at.
func (l *Look) judge() {
	for _, t := range l.Tables {
		if t.Rejected > 0 {
			l.Faults = append(l.Faults, fmt.Sprintf("table %s: %d rows are in quarantine; galley rejects shows why", t.Name, t.Rejected))
		}
	}
	if l.FreeBytes != nil && *l.FreeBytes < max(lowDisk, uint64(l.WALBytes)) {
		l.Faults = append(l.Faults, fmt.Sprintf("the disk has only %s free", doctor.Size(int64(*l.FreeBytes))))
	}
	if l.WALBytes > largeWAL {
		l.Faults = append(l.Faults, fmt.Sprintf("the WAL has %s; a long read or a failing checkpoint keeps it from being cut back", doctor.Size(l.WALBytes)))
	}
	for _, p := range l.Processes {
		if p.Behind > largeWAL/4 {
			l.Faults = append(l.Faults, fmt.Sprintf("%s: it keeps %s of the WAL", p.Text, doctor.Size(p.Behind)))
		}
	}
}

// Activity says in a word whether a process writes.
func (l *Look) Activity() string {
	rows := 0.0
	for _, t := range l.Tables {
		rows += t.RowsPerSecond + t.BatchesRate
	}
	switch {
	case l.Error != "":
		return "not readable"
	case rows > 0 || slices.ContainsFunc(l.Processes, func(p Process) bool { return p.Writing }):
		return "writing"
	case l.Expected != nil && l.Expected.Missing == 0:
		return "complete"
	case len(l.Processes) > 0:
		return "open, and nothing is written"
	}
	return "nothing is written"
}
