package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/galley-db/galley/internal/ahead"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/jsonrow"
)

// objectBytes is how many bytes of text a block of objects has, and one object more.
const objectBytes = 1 << 18

// objects is a block of JSON objects, and the values that they have.
type objects struct {
	jsonrow.Block
	all     []object
	members []member
}

type object struct {
	members int   // of it and of the objects before
	err     error // it is none, or is not whole
}

type member struct {
	name string // as the object has it
	raw  []byte
}

// fill reads the next objects.
func (b *objects) fill(rows *jsonrow.Reader) (long bool, err error) {
	clear(b.members) // which hold the texts of the objects before
	if cap(b.members) > objectBytes {
		b.members = nil
	}
	b.all, b.members = b.all[:0], b.members[:0]
	return b.Fill(rows, math.MaxInt, objectBytes)
}

// split finds the values of each object. What is not an object has none.
func (b *objects) split() {
	for k := range b.Len() {
		var o object
		before := len(b.members)
		o.err = jsonrow.Members(b.Object(k), func(name string, raw []byte) error {
			b.members = append(b.members, member{name, raw})
			return nil
		})
		if o.err != nil {
			b.members = b.members[:before]
		}
		o.members = len(b.members)
		b.all = append(b.all, o)
	}
}

// membersOf are the values of object k.
func (b *objects) membersOf(k int) []member {
	start := 0
	if k > 0 {
		start = b.all[k-1].members
	}
	return b.members[start:b.all[k].members]
}

// json looks at the values of all objects of a source, in their order. The objects are
// read and split on other goroutines.
func (gs *guesses) json(ctx context.Context, src *source, opts formats.TextOptions) error {
	gs.text = true
	in, err := src.text(ctx)
	if err != nil {
		return err
	}
	defer in.Close()
	rows := jsonrow.NewReader(in)
	blocks := ahead.Read(func(b *objects) (bool, error) { return b.fill(rows) }, (*objects).split)
	defer blocks.Stop()
	l := jsonLooker{guesses: gs, opts: &opts, before: gs.rows, folders: opts.PartitionNames()}
	for {
		b, err := blocks.Next()
		if errors.Is(err, io.EOF) {
			return src.summed()
		}
		if err != nil {
			return err
		}
		for k := range b.all {
			if err := l.look(ctx, b, k); err != nil {
				return err
			}
		}
		blocks.Release(b)
	}
}

// jsonLooker looks at the objects of one source.
type jsonLooker struct {
	*guesses
	opts    *formats.TextOptions
	before  int64      // rows of the sources before
	folders []string   // columns that the folders above the source stand for
	of      []*guessed // the columns of the values of an object
}

// look adds the values of object k of a block. They count once all of the object is
// known to be a row: a column that a row lacks may be NULL, however often another
// object has it.
func (l *jsonLooker) look(ctx context.Context, b *objects, k int) error {
	l.objects++
	o, members := &b.all[k], b.membersOf(k)
	err := o.err
	if err == nil {
		err = l.columns(members)
	}
	if err != nil {
		if l.rows == l.before && !errors.Is(err, jsonrow.ErrTwice) {
			return fmt.Errorf("line %d: %w", b.Line(k), err) // of the first row: nothing has columns
		}
		return l.refuse(l.opts, b.Line(k), b.Object(k), err) // else it is found when it is read
	}
	for i, m := range members {
		l.of[i].JSON(b.Line(k), m.raw)
	}
	for _, name := range l.folders {
		if l.column(name).seen != l.objects {
			l.hive(name, l.opts.Partitions[name], 1)
		}
	}
	return l.counted(ctx)
}

// columns finds the columns of an object's values.
func (l *jsonLooker) columns(members []member) error {
	l.of = l.of[:0]
	for _, m := range members {
		g := l.column(l.opts.Renamed(m.name))
		if g.seen == l.objects {
			return fmt.Errorf("%w: %q", jsonrow.ErrTwice, m.name)
		}
		g.seen = l.objects
		l.of = append(l.of, g)
	}
	return nil
}
