package doctor

import (
	"fmt"
	"sync"
	"time"

	"github.com/galley-db/galley/internal/holder"
)

// Held is how the write lock of a database was held over some time.
type Held struct {
	Share   float64       `json:"share"`   // of the looks at which it was held
	Longest time.Duration `json:"longest"` // that it was seen held without a break, in nanoseconds
	Looks   int           `json:"looks"`
}

// String says it in a line. A nil Held is not known.
func (h *Held) String() string {
	if h == nil {
		return "write lock unknown"
	}
	return fmt.Sprintf("write lock held %.0f %%, %v at the longest", h.Share*100, h.Longest.Round(time.Millisecond))
}

// LockWatch looks at the write lock again and again.
type LockWatch struct {
	mu      sync.Mutex
	looks   int
	held    int
	longest time.Duration
	since   time.Time // of the hold that is seen now, zero for none
	done    chan struct{}
	ended   sync.WaitGroup
}

// lockEvery is how often the lock is looked at.
const lockEvery = 2 * time.Millisecond

// WatchLock begins to look at the write lock of the database at path. Close
// ends it.
func WatchLock(path string) *LockWatch {
	w := &LockWatch{done: make(chan struct{})}
	w.ended.Go(func() {
		tick := time.NewTicker(lockEvery)
		defer tick.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-tick.C:
				if held, known := holder.WriteLocked(path); known {
					w.saw(held, time.Now())
				}
			}
		}
	})
	return w
}

func (w *LockWatch) saw(held bool, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	if !held {
		w.since = time.Time{}
		return
	}
	w.held++
	if w.since.IsZero() {
		w.since = now
	}
	w.longest = max(w.longest, now.Sub(w.since))
}

// Held is how the lock was held since the last call, nil if that is not known.
func (w *LockWatch) Held() *Held {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looks == 0 {
		return nil
	}
	h := &Held{float64(w.held) / float64(w.looks), w.longest, w.looks}
	w.looks, w.held, w.longest = 0, 0, 0
	return h
}

// Close ends the looking.
func (w *LockWatch) Close() {
	close(w.done)
	w.ended.Wait()
}
