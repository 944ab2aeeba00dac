package live

import (
	"context"
	"maps"
	"sync"
	"time"
)

// details keeps what was read of tables for a while, so that many pages cost as much
// as one.
type details struct {
	source Source
	mu     sync.Mutex // also held while a table is read: one at a time
	kept   map[asked]*kept
}

// asked is a question about a table.
type asked struct {
	table  string
	figure bool
	choice Choice
}

type kept struct {
	answer any
	until  time.Time
}

const keepDetail = 5 * time.Second

// of describes a table, nil if it does not exist.
func (d *details) of(ctx context.Context, name string) (*Detail, error) {
	return keeping(d, asked{table: name}, func() (*Detail, error) { return d.source.Table(ctx, name) })
}

// figures compares columns of a table, nil for none.
func (d *details) figures(ctx context.Context, name string, choice Choice) (*Figures, error) {
	return keeping(d, asked{name, true, choice}, func() (*Figures, error) { return d.source.Figures(ctx, name, choice) })
}

// keeping returns an earlier answer, or reads it.
func keeping[A any](d *details, question asked, read func() (*A, error)) (*A, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	began := time.Now()
	maps.DeleteFunc(d.kept, func(_ asked, k *kept) bool { return !began.Before(k.until) })
	if k := d.kept[question]; k != nil {
		return k.answer.(*A), nil
	}
	found, err := read()
	if err != nil || found == nil {
		return nil, err
	}
	took := time.Since(began)
	d.kept[question] = &kept{found, time.Now().Add(max(keepDetail, time.Duration(float64(took)/share)))}
	return found, nil
}
