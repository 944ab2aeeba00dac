package main

import (
	"fmt"
	"io"
	"slices"
)

// class is the class of a verdict.
type class string

const (
	equal       class = "equal"
	refused     class = "refused"     // galley named a reason, DuckDB reads the file
	bothRefused class = "bothrefused" // neither reads it
	unjudged    class = "unjudged"    // galley reads it, DuckDB does not
	wrong       class = "wrong"       // values differ, or galley failed without a reason
	hang        class = "hang"        // the import did not end within the limit
)

var classes = []class{equal, refused, bothRefused, unjudged, wrong, hang}

// verdict is what became of one file.
type verdict struct {
	class class
	why   string
}

// scoreSheet counts verdicts by kind of file.
type scoreSheet struct {
	kinds  []string
	counts map[string]map[class]int
}

func (s *scoreSheet) add(kind string, v verdict) {
	if s.counts == nil {
		s.counts = map[string]map[class]int{}
	}
	if s.counts[kind] == nil {
		s.counts[kind] = map[class]int{}
		s.kinds = append(s.kinds, kind)
		slices.Sort(s.kinds)
	}
	s.counts[kind][v.class]++
}

// failed reports whether a file was read wrong, or an import did not end.
func (s *scoreSheet) failed() bool {
	for _, kind := range s.kinds {
		if s.counts[kind][wrong]+s.counts[kind][hang] > 0 {
			return true
		}
	}
	return false
}

func (s *scoreSheet) print(w io.Writer) {
	fmt.Fprintf(w, "%-8s %6s", "kind", "files")
	for _, c := range classes {
		fmt.Fprintf(w, " %12s", c)
	}
	fmt.Fprintln(w)
	for _, kind := range s.kinds {
		total := 0
		for _, n := range s.counts[kind] {
			total += n
		}
		fmt.Fprintf(w, "%-8s %6d", kind, total)
		for _, c := range classes {
			fmt.Fprintf(w, " %12d", s.counts[kind][c])
		}
		fmt.Fprintln(w)
	}
}
