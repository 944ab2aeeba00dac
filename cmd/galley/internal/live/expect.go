package live

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"time"
)

// Key names a batch that should be stored.
type Key struct {
	Table string // "" for any table
	Key   string
}

func (k Key) String() string {
	if k.Table == "" {
		return k.Key
	}
	return k.Table + " " + k.Key
}

// Progress says how many of the expected batches are stored.
type Progress struct {
	Total    int        `json:"total"`
	Done     int        `json:"done"`
	Missing  int        `json:"missing"`
	Rejected int        `json:"rejected"` // batches with rows in quarantine
	Next     []string   `json:"next"`     // the first missing ones
	End      *time.Time `json:"end,omitempty"`
	Groups   []Group    `json:"groups,omitempty"` // by name
	More     int        `json:"more_groups,omitempty"`
}

// Group says how many of the expected batches of a group are stored.
type Group struct {
	Name     string `json:"name"`
	Total    int    `json:"total"`
	Done     int    `json:"done"`
	Missing  int    `json:"missing"`
	Rejected int    `json:"rejected"`
}

// Percent is the share that is done, rounded down.
func (g Group) Percent() float64 { return percent(g.Done, max(g.Total, 1)) }

// percent is a share of 100 with one decimal. It is 100 for all only.
func percent(done, total int) float64 { return math.Floor(1000*float64(done)/float64(total)) / 10 }

// noGroup is the group of the keys of which a pattern matches nothing.
const noGroup = "(no group)"

// GroupBy returns a function that takes the group out of a key: what the first group
// of the pattern matches, or the whole pattern if it has none.
func GroupBy(pattern *regexp.Regexp) func(key string) string {
	return func(key string) string {
		found := pattern.FindStringSubmatch(key)
		if found == nil {
			return noGroup
		}
		return cmp.Or(found[min(1, len(found)-1)], noGroup)
	}
}

// Percent is the share that is done, rounded down.
func (p *Progress) Percent() float64 {
	if p.Total == 0 {
		return 100
	}
	return percent(p.Done, p.Total)
}

// Left says how long the rest will take, "" if that is not known.
func (p *Progress) Left(now time.Time) string {
	if p.End == nil {
		return ""
	}
	return fmt.Sprintf("about %s left, until %s", until(now, p.End), clock(p.End))
}

// Expected looks at a Source, and returns what of the batches of opts.Expect is
// stored.
func Expected(ctx context.Context, source Source, opts Options) (*Progress, error) {
	l, err := source.Look(ctx, &Look{})
	if err != nil {
		return nil, err
	}
	return progress(opts.Expect, l, opts.KeyName, opts.Group), nil
}

const (
	shownKeys = 20 // missing keys on the page
	paceKeys  = 50 // batches from whose times the end is estimated

	shownGroups = 100
)

// progress compares the expected keys with the batches of a look. other returns
// another name under which a stored key may be expected, or the key itself; group
// the group of a key, nil for no groups.
func progress(expected []Key, l *Look, other, group func(string) string) *Progress {
	stored, rejected := map[Key]time.Time{}, map[Key]bool{}
	for at, when := range l.at {
		for _, key := range []string{at[1], other(at[1])} {
			stored[Key{at[0], key}], stored[Key{"", key}] = when, when
		}
	}
	for at := range l.no {
		for _, key := range []string{at[1], other(at[1])} {
			rejected[Key{at[0], key}], rejected[Key{"", key}] = true, true
		}
	}
	p := &Progress{Total: len(expected), Next: []string{}}
	var times []time.Time
	groups := map[string]*Group{}
	for _, key := range expected {
		g := &Group{}
		if group != nil {
			name := group(key.Key)
			if groups[name] == nil {
				groups[name] = &Group{Name: name}
			}
			g = groups[name]
		}
		g.Total++
		if rejected[key] {
			p.Rejected++
			g.Rejected++
		}
		if when, done := stored[key]; done {
			p.Done++
			g.Done++
			times = append(times, when)
			continue
		}
		p.Missing++
		g.Missing++
		if len(p.Next) < shownKeys {
			p.Next = append(p.Next, key.String())
		}
	}
	p.End = end(times, p.Missing, l.At)
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if len(p.Groups) == shownGroups {
			p.More++
			continue
		}
		p.Groups = append(p.Groups, *groups[name])
	}
	return p
}

const century = 100 * 365 * 24 * time.Hour

// end estimates when the missing batches will be stored, from the pace of the
// latest ones up to now, so that a run that stalls moves its end away. It is nil
// with fewer than two batches, and for an end that is more than a century away.
func end(times []time.Time, missing int, now time.Time) *time.Time {
	if missing == 0 || len(times) < 2 {
		return nil
	}
	slices.SortFunc(times, time.Time.Compare)
	times = times[max(len(times)-paceKeys, 0):]
	each := now.Sub(times[0]) / time.Duration(len(times)-1)
	if each <= 0 || int64(missing) > int64(century/each) {
		return nil
	}
	at := now.Add(each * time.Duration(missing))
	return &at
}
