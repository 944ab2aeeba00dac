package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/internal/spooldir"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

const (
	// shardsAtOnce is the number of folders that are worked on at once.
	shardsAtOnce = 8
	// partFiles and partBytes bound the files of a folder that are stored
	// together: they are recorded with one sync.
	partFiles = 64
	partBytes = 4 << 20
	// inMemory is how many bytes of files are held at once. A larger file is
	// held alone.
	inMemory = 16 << 20
)

// collecting is one call of Collect.
type collecting struct {
	dst    store.Backend
	opts   CollectOptions
	dirs   []*spooldir.Dir
	id     string // of this collector, in the names of its lists
	parser batchfile.Parser
	room   *budget

	mu       sync.Mutex
	report   CollectReport
	ensured  map[*schema.Schema]error          // of the batches' schemas, whether the destination has their table
	plain    map[*schema.Schema]*schema.Schema // see unkeyed
	recorded map[string]bool                   // paths of files with digests that are in this collector's lists
	looks    int                               // into the spools, the one under way included
	refused  map[string]int                    // the files in report.Refused, and the look in which each was refused last
}

func newCollecting(dst store.Backend, opts CollectOptions) *collecting {
	return &collecting{
		dst: dst, opts: opts, id: spooldir.Random(), room: newBudget(inMemory),
		report:  CollectReport{Aside: []Refused{}, Refused: []Refused{}, Missing: []Expected{}},
		ensured: map[*schema.Schema]error{}, plain: map[*schema.Schema]*schema.Schema{}, recorded: map[string]bool{}, refused: map[string]int{},
	}
}

func (c *collecting) tally(add func(*CollectReport)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.report)
}

func (c *collecting) snapshot() CollectReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.report
}

// dir collects what is in one spool.
func (c *collecting) dir(ctx context.Context, d *spooldir.Dir) error {
	names, err := d.Tables()
	if err != nil {
		return err
	}
	remote := d.Remote()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var working sync.WaitGroup
	slots := make(chan struct{}, shardsAtOnce)
	for _, table := range names {
		err := d.Shards(table, func(s *spooldir.Shard) error {
			if remote {
				if s, err = s.Refresh(true); err != nil {
					return err
				}
			}
			if len(s.Batches)+len(s.Foreign) == 0 {
				return ctx.Err()
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			working.Go(func() {
				defer func() { <-slots }()
				if err := c.shard(ctx, s); err != nil {
					cancel(err)
				}
			})
			return nil
		})
		if err != nil {
			cancel(err)
			break
		}
	}
	working.Wait()
	return context.Cause(ctx)
}

// shard collects the files of one folder, part by part.
func (c *collecting) shard(ctx context.Context, s *spooldir.Shard) error {
	for _, name := range s.Foreign {
		if err := c.aside(s, name, errors.New("not the name of a batch file")); err != nil {
			return err
		}
	}
	var names []string
	size := int64(0)
	for _, name := range s.Batches {
		n, err := s.Size(name)
		if vanished(err) {
			continue
		}
		if err != nil {
			return err
		}
		if len(names) == partFiles || len(names) > 0 && size+n > partBytes {
			if err := c.part(ctx, s, names, size); err != nil {
				return err
			}
			names, size = names[:0], 0
		}
		names, size = append(names, name), size+n
	}
	if len(names) > 0 {
		return c.part(ctx, s, names, size)
	}
	return nil
}

// part collects some files of a folder: it records them, stores them, and
// removes them.
func (c *collecting) part(ctx context.Context, s *spooldir.Shard, names []string, size int64) error {
	if err := c.room.take(ctx, size); err != nil {
		return err
	}
	release := sync.OnceFunc(func() { c.room.give(size) })
	defer release()
	var items []*item
	for _, name := range names {
		it := &item{shard: s, name: name}
		ok, err := c.read(it)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Path(name), err)
		}
		if ok {
			items = append(items, it)
		}
	}
	if err := c.record(s, items); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var working sync.WaitGroup
	for _, it := range items {
		working.Go(func() {
			if err := c.store(ctx, it); err != nil {
				cancel(fmt.Errorf("%s: %w", s.Path(it.name), err))
			}
			it.file = nil // to remove the files waits for the disk, which takes no memory
		})
	}
	working.Wait()
	release()
	if err := c.remove(context.WithoutCancel(ctx), items); err != nil {
		return err
	}
	if c.opts.Progress != nil {
		c.tally(func(r *CollectReport) { c.opts.Progress(*r) })
	}
	return context.Cause(ctx)
}

// record writes the batches into the list of their folder.
func (c *collecting) record(s *spooldir.Shard, items []*item) error {
	if len(items) == 0 || c.opts.Keep {
		return nil
	}
	now, err := s.Refresh(false)
	if err != nil {
		return err
	}
	listed, err := now.Collected("")
	if err != nil {
		return err
	}
	// What another collector has recorded is recorded again: both may be about
	// to store it, and the one that comes second looks for the other's record.
	var fresh []spooldir.Collected
	c.mu.Lock()
	for _, it := range items {
		it.listed = listed[it.entry.Name]
		if own := s.Path(it.name) + it.entry.Digest; !c.recorded[own] {
			c.recorded[own] = true
			fresh = append(fresh, it.entry)
		}
	}
	c.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	return s.Record(c.id, fresh)
}

// remove removes the files of the batches that the destination holds.
func (c *collecting) remove(ctx context.Context, items []*item) error {
	synced := false
	for _, it := range items {
		if !it.stored || c.opts.Keep {
			continue
		}
		if d, ok := c.dst.(durable); ok && !synced {
			if err := d.Sync(ctx); err != nil {
				return err
			}
			synced = true
		}
		if err := it.shard.Remove(it.name, it.content); err != nil {
			return err
		}
	}
	return nil
}

// durable is a backend whose commits may be lost with the power until Sync.
type durable interface {
	Sync(ctx context.Context) error
}

// aside moves a file out of the way.
func (c *collecting) aside(s *spooldir.Shard, name string, reason error) error {
	if c.opts.Keep {
		c.refuse(s.Path(name), reason)
		return nil
	}
	path, err := s.SetAside(name, reason.Error())
	if err != nil || path == "" {
		return err
	}
	c.accept(s.Path(name))
	c.tally(func(r *CollectReport) { r.Aside = append(r.Aside, Refused{path, reason, reason.Error()}) })
	return nil
}

// miss reports the expected batches that the destination does not hold, and returns how
// many they are.
func (c *collecting) miss(ctx context.Context) (int, error) {
	missing := []Expected{}
	if len(c.opts.Expect) == 0 {
		return 0, nil
	}
	held, any, err := held(ctx, c.dst)
	if err != nil {
		return 0, err
	}
	for _, e := range c.opts.Expect {
		if e.Table == "" && !any[e.Key] || e.Table != "" && !held[e] {
			missing = append(missing, e)
		}
	}
	c.tally(func(r *CollectReport) { r.Missing = missing })
	return len(missing), nil
}

// held are the batches in a destination's ledger.
func held(ctx context.Context, dst store.Backend) (held map[Expected]bool, any map[string]bool, err error) {
	held, any = map[Expected]bool{}, map[string]bool{}
	for b, err := range dst.Batches(ctx, store.BatchFilter{}) {
		if err != nil {
			return nil, nil, err
		}
		held[Expected{b.Table, b.Key}], any[b.Key] = true, true
	}
	return held, any, nil
}

// vanished reports that another collector has moved or removed the file.
func vanished(err error) bool { return errors.Is(err, fs.ErrNotExist) }
