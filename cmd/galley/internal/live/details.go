package live

import (
	"context"
	"sync"
	"time"
)

// details keeps the description of each table for a while, so that many pages
// cost as much as one.
type details struct {
	source Source
	mu     sync.Mutex // also held while a table is read: one at a time
	kept   map[string]*kept
}

type kept struct {
	detail *Detail
	until  time.Time
}

const keepDetail = 5 * time.Second

// of describes a table, nil if it does not exist.
func (d *details) of(ctx context.Context, name string) (*Detail, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	began := time.Now()
	if k := d.kept[name]; k != nil && began.Before(k.until) {
		return k.detail, nil
	}
	delete(d.kept, name)
	found, err := d.source.Table(ctx, name)
	if err != nil || found == nil {
		return nil, err
	}
	took := time.Since(began)
	d.kept[name] = &kept{found, time.Now().Add(max(keepDetail, time.Duration(float64(took)/share)))}
	return found, nil
}
