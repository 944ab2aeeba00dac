package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// mostNamed bounds the sessions and files that one line of the summary names.
const mostNamed = 5

// census is which statistics files the sessions of a study have. It is made in
// two passes: count takes all sessions, then compare takes each again.
type census struct {
	sessions      int
	have          map[string]int // file to the number of sessions that have it
	with, without map[string]*list
}

func newCensus() *census {
	return &census{have: map[string]int{}, with: map[string]*list{}, without: map[string]*list{}}
}

// count adds a session.
func (c *census) count(files []string) {
	c.sessions++
	for _, name := range files {
		c.have[name]++
	}
}

// compare records what a session lacks of what others have.
func (c *census) compare(session string, files []string) {
	for name, n := range c.have {
		if n >= c.sessions {
			continue
		}
		lists := c.without
		if slices.Contains(files, name) {
			lists = c.with
		}
		if lists[name] == nil {
			lists[name] = &list{}
		}
		lists[name].add(session)
	}
}

// print prints a line for each file that not all sessions have.
func (c *census) print(w io.Writer) {
	var lines list
	for _, name := range slices.Sorted(maps.Keys(c.have)) {
		switch with, without := c.with[name], c.without[name]; {
		case without == nil:
		case with == nil || with.n > without.n:
			lines.add(name + ": not in " + without.String())
		default:
			lines.add(name + ": only in " + with.String())
		}
	}
	lines.print(w, "files that not all sessions have:")
}

// String is the beginning of the list in one line.
func (l *list) String() string {
	first := l.first[:min(len(l.first), mostNamed)]
	s := strings.Join(first, ", ")
	if more := l.n - len(first); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
