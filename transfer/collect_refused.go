package transfer

import "slices"

// refuse records a file that stays where it is.
func (c *collecting) refuse(path string, err error) {
	c.tally(func(r *CollectReport) {
		if c.refused[path] == 0 {
			r.Refused = append(r.Refused, Refused{path, err, err.Error()})
		}
		c.refused[path] = c.looks
	})
}

// accept records that a file, which may have been refused before, does not stay.
func (c *collecting) accept(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused[path] > 0 {
		c.leave(func(refused string) bool { return refused == path })
	}
}

// leave takes files out of those that were refused. The caller holds the lock.
func (c *collecting) leave(which func(path string) bool) {
	left := []Refused{} // the caller has the slice before
	for _, f := range c.report.Refused {
		if which(f.File) {
			delete(c.refused, f.File)
		} else {
			left = append(left, f)
		}
	}
	c.report.Refused = left
}

// beginLook begins another look into all spools. The tables of the destination may
// have been changed since the one before.
func (c *collecting) beginLook() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks++
	for s, err := range c.ensured {
		if err != nil {
			delete(c.ensured, s)
		}
	}
}

// endLook ends a look that went through all spools. A file that was refused before and
// not in it is not in a spool any more.
func (c *collecting) endLook() {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := func(path string) bool { return c.refused[path] < c.looks }
	if slices.ContainsFunc(c.report.Refused, func(f Refused) bool { return gone(f.File) }) {
		c.leave(gone)
	}
}
