package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/galley-db/galley/internal/faultvfs"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// shapes are what a table of points becomes, one after the other, and how: n
// and x stay what they are.
func shapes(t testing.TB) (all []*schema.Schema, how []store.Evolution) {
	t.Helper()
	name := schema.Column{Name: "name", Type: schema.Text}
	label := schema.Column{Name: "label", Type: schema.Text, Was: "name"}
	n := schema.Column{Name: "n", Type: schema.Int64}
	x := schema.Column{Name: "x", Type: schema.Float64}
	extra := schema.Column{Name: "extra", Type: schema.Text, Nullable: true}
	fresh := schema.Column{Name: "fresh", Type: schema.Int8, Default: "3"}
	unique, indexed, key := n, n, n
	unique.Unique, indexed.Index, key.Key = "n", "n", true
	for _, step := range []struct {
		how     store.Evolution
		columns []schema.Column
	}{
		{store.Strict, []schema.Column{name, n, x}},
		{store.Additive, []schema.Column{name, n, x, extra}},
		{store.Additive, []schema.Column{label, indexed, x, extra}},
		{store.Rebuild, []schema.Column{unique, x, label}},
		{store.Rebuild, []schema.Column{label, fresh, x, key}},
	} {
		s, err := schema.New("points", step.columns)
		if err != nil {
			t.Fatal(err)
		}
		all, how = append(all, s), append(how, step.how)
	}
	return all, how
}

// shaped is the rows of a batch of points for one of the shapes.
func shaped(s *schema.Schema, id, rows int) grid {
	g := grid{columns: s.Columns()}
	for _, p := range batchPoints(id, rows) {
		values := map[string]any{"name": p.Name, "label": p.Name, "n": p.N, "x": p.X, "fresh": int64(3), "extra": nil}
		row := make([]any, len(g.columns))
		for i, c := range g.columns {
			row[i] = values[c.Name]
		}
		g.rows = append(g.rows, row)
	}
	return g
}

// moment is a batch, or a change of the table, among others that came one
// after the other.
type moment struct {
	shape    int // that the table gets, 0 for a batch
	id, rows int
	acked    int // length of the log when it was acknowledged
}

// evolving runs a workload whose table changes its shape, under a log.
func evolving(t *testing.T, dir string, durability Durability) (d *diary, course []moment) {
	t.Helper()
	v, opts := newFaults(t)
	path, _ := folder(t, dir, int(labs.Add(1)))
	opts.Durability = durability
	opts.WALBytes = 200_000
	db, err := Open(t.Context(), path, opts)
	must(t, err)
	all, how := shapes(t)
	must(t, db.Ensure(t.Context(), all[0], store.Strict))
	must(t, second(db.Checkpoint(t.Context(), Truncate)))
	d = &diary{path: path, log: v.Record(path, path+"-wal")}
	d.begin = d.log.Len()
	for shape, s := range all {
		if shape > 0 {
			must(t, db.Ensure(t.Context(), s, how[shape]))
			course = append(course, moment{shape: shape, acked: d.log.Len()})
		}
		for i, rows := range []int{3, 120, 1, 300, 40} {
			id := 10*shape + i
			must(t, second(store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: shaped(s, id, rows), Key: key(id)})))
			course = append(course, moment{id: id, rows: rows, acked: d.log.Len()})
		}
		if shape%2 == 1 {
			must(t, second(db.Checkpoint(t.Context(), []CheckpointMode{Truncate, Restart}[shape/2])))
		}
	}
	must(t, db.Close())
	d.log.Stop()
	return d, course
}

// TestEvolveCrash loses power at random moments of a course in which the table
// gets columns, names, an index, and is rebuilt twice. It is found in one of its
// shapes, whole, with the batches up to then: under FULL nothing that was
// acknowledged is missing, under NORMAL what exists is a prefix. It can be
// written to.
func TestEvolveCrash(t *testing.T) {
	testtime.Minutes(t)
	dir := memoryDir(t)
	all, _ := shapes(t)
	for _, durability := range []Durability{Normal, Full} {
		d, course := evolving(t, dir, durability)
		for _, loss := range []faultvfs.Loss{faultvfs.Dropped, faultvfs.Operations, faultvfs.Sectors} {
			t.Run(fmt.Sprint(durability, "/", loss), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(durability), uint64(loss)))
				seen := make([]int, len(all))
				images := pick(250, 2500)
				for n := range images {
					at := d.begin + rng.IntN(d.log.Len()-d.begin+1)
					path, remove := folder(t, dir, 4_000_000+n)
					must(t, d.log.Image(at, loss, rng).Save(d.path, path))
					shape, found, err := foundEvolved(path, all, course)
					if err != nil {
						t.Errorf("power lost at change %d of %d: %v", at, d.log.Len(), err)
					} else {
						seen[shape]++
						judgeEvolved(t, course, shape, found, at, durability)
					}
					if t.Failed() {
						t.Fatalf("image %d of %d, at change %d of %d", n, images, at, d.log.Len())
					}
					remove()
				}
				t.Logf("%d images; the table was found in its shapes %v times", images, seen)
			})
		}
	}
}

// foundEvolved opens an image, returns the shape of its table and the number of
// rows of each batch, and appends to it.
func foundEvolved(path string, all []*schema.Schema, course []moment) (shape int, found map[int]int, err error) {
	ctx := context.Background()
	db, err := Open(ctx, path, Options{CacheKiB: 4000})
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	have, err := db.Describe(ctx, "points")
	if err != nil {
		return 0, nil, err
	}
	shape = -1
	for i, s := range all {
		if s.Fingerprint() == have.Fingerprint() {
			shape = i
		}
	}
	if shape < 0 {
		return 0, nil, fmt.Errorf("the table is in none of its shapes: %v", have.Columns())
	}
	l := ledger{want: map[string]map[int]fate{}}
	for _, m := range course {
		if m.shape == 0 {
			l.note("points", m.id, m.rows, store.ErrCommitUnknown) // there whole or not at all
		}
	}
	if _, err := store.Insert(ctx, db, &store.Batch{Schema: all[shape], Rows: shaped(all[shape], 999, 2)}); err != nil {
		return 0, nil, fmt.Errorf("append to shape %d: %w", shape, err)
	}
	l.note("points", 999, 2, nil)
	for _, wrong := range l.compare(path) {
		err = errors.Join(err, errors.New(wrong))
	}
	return shape, l.count, err
}

// judgeEvolved compares what was found with what was acknowledged by the
// moment at.
func judgeEvolved(t *testing.T, course []moment, shape int, found map[int]int, at int, durability Durability) {
	t.Helper()
	gap := -1
	for i, m := range course {
		there := found[m.id] > 0
		if m.shape > 0 {
			there = shape >= m.shape
		}
		switch {
		case there && gap >= 0:
			t.Errorf("step %d (%+v) is there, and step %d (%+v) before it is not", i, m, gap, course[gap])
		case !there && durability == Full && m.acked <= at:
			t.Errorf("step %d (%+v) was acknowledged, and is not there", i, m)
		case !there && gap < 0:
			gap = i
		}
	}
}
