package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar shows progress on standard error: a bar on a terminal, elsewhere a line
// now and then.
type bar struct {
	app  *app
	unit string
	bar  *progressbar.ProgressBar
	last time.Time
}

func (a *app) bar(unit string) *bar { return &bar{app: a, unit: unit, last: time.Now()} }

// lineEvery is the time between two lines where there is no terminal.
const lineEvery = 5 * time.Second

// at says how far it is; a total of -1 is not known.
func (b *bar) at(done, total int64, what string) {
	if !b.app.live {
		if time.Since(b.last) < lineEvery {
			return
		}
		b.last = time.Now()
		if total >= 0 {
			b.app.say("%s%d of %d %s", prefix(what), done, total, b.unit)
		} else {
			b.app.say("%s%d %s", prefix(what), done, b.unit)
		}
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(b.app.errs),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(b.unit),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine that draws after the end
			progressbar.OptionSetWidth(20), progressbar.OptionSetPredictTime(total >= 0))
	}
	if b.bar.GetMax64() != total && total >= 0 {
		b.bar.ChangeMax64(total)
	}
	b.bar.Describe(what)
	_ = b.bar.Set64(done)
}

func prefix(what string) string {
	if what == "" {
		return ""
	}
	return fmt.Sprintf("%s: ", what)
}

// end takes the bar away.
func (b *bar) end() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}

// during shows, while do runs, how far it is by what is measured again and
// again. A total of -1 is not known.
func (b *bar) during(what string, total int64, measure func() int64, do func() error) error {
	done := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		tick := time.NewTicker(measureEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				b.end()
				return
			case <-tick.C:
				n := measure()
				if total >= 0 {
					n = min(n, total)
				}
				b.at(n, total, what)
			}
		}
	})
	err := do()
	close(done)
	shown.Wait()
	return err
}

// measureEvery is the time between two measurements.
const measureEvery = 100 * time.Millisecond
