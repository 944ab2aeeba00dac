package load

import (
	"context"
	"errors"
	"fmt"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/store"
)

// long reports whether a file must be stored in parts.
func (l *loading) long(p *formats.Part) bool {
	if l.opts.PartRows > 0 {
		return p.Rows >= l.opts.PartRows
	}
	return p.Bytes >= wholeBytes/l.opts.Workers
}

// partRows is the number of rows of a part.
func (l *loading) partRows() int {
	if l.opts.PartRows > 0 {
		return l.opts.PartRows
	}
	return 50_000
}

// file stores one file.
func (l *loading) file(ctx context.Context, f *File, s *source) error {
	if s.same != "" {
		f.Note = "it is the same file as " + s.same
		return nil
	}
	return s.read(ctx, func() error {
		if err := s.identify(ctx); err != nil {
			return err
		}
		done, err := l.known(ctx, f, s)
		if err != nil || done {
			return err
		}
		return l.whole(ctx, f, s)
	})
}

// whole reads a file to its end, and stores it.
func (l *loading) whole(ctx context.Context, f *File, s *source) error {
	rejects := &rejectQueue{loading: l, file: f}
	opts := l.textOptions(s)
	opts.Bad = rejects.add
	opts.Batch = func() {
		if f.Note != "" { // of a row before
			return
		}
		f.Note = fmt.Sprintf("the file's values of column %q are not stored: in the table, this column holds the key of each batch", l.table.Columns()[l.table.Batch()].Name)
	}
	p, long, err := l.rows(ctx, s, opts)
	defer func() { _ = p.Close() }()
	if err != nil {
		return err
	}
	if f.BadRows > 0 && l.opts.Reject == nil {
		return fmt.Errorf("%w: %d rows, the first in line %d: %w", ErrBadRows, f.BadRows, f.Bad[0].Line, f.Bad[0].Err)
	}
	if err := rejects.hand(); err != nil {
		return err
	}
	if !long && !s.replaces.any() {
		// An interrupted import, with other options, may have left parts.
		if long, err = l.begun(ctx, f); err != nil {
			return err
		}
	}
	if long {
		return l.parts(ctx, f, s)
	}
	return l.insert(ctx, f, s, f.Key, p, 0, nil)
}

// rows reads all rows of a file, which it may have read already when it inferred
// their types. Of a file that must be stored in parts it keeps none. It returns
// ErrSourceChanged where they are of another content than the file had first. The
// caller closes the part, also after an error.
func (l *loading) rows(ctx context.Context, s *source, opts formats.TextOptions) (p *formats.Part, long bool, err error) {
	if p = s.rows; p != nil {
		s.rows = nil
		return p, false, s.verify(ctx)
	}
	p = l.newPart()
	d, err := l.open(ctx, s, opts)
	if err != nil {
		return p, false, err
	}
	defer func() { _ = d.Close() }()
	for {
		if err := ctx.Err(); err != nil {
			return p, long, err
		}
		c := p.Room(l.table)
		if err := next(d, c); err != nil {
			return p, long, err
		}
		if c.Rows == 0 {
			return p, long, s.verify(ctx) // before d is closed: its checksum is that of these rows
		}
		p.Add(c, d)
		switch {
		case long: // only looking for bad rows
			p.Reset()
		case l.parted && !s.replaces.any() && l.long(p):
			long = true
			_ = p.Close()
		}
	}
}

// keptBytes is how many bytes of the values of a file are in memory until they are
// stored. The others are in a temporary file.
const keptBytes = 4 << 20

func (l *loading) newPart() *formats.Part { return &formats.Part{KeepBytes: l.keep} }

// parts stores a long file that was found to be good in parts, and then the
// file's own key. The whole content distinguishes parts, so a part is
// never taken for one of another content, and the row that it ends with, so it is
// never taken for one of another size.
func (l *loading) parts(ctx context.Context, f *File, s *source) (err error) {
	bad, unread, taken, stored := int64(0), f.BadRows, int64(0), int64(0)
	opts := l.textOptions(s)
	opts.Bad = func(int64, []byte, error) error { bad++; return nil }
	d, err := l.open(ctx, s, opts)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	defer func() {
		if err != nil && f.Parts > 0 && !errors.Is(err, ErrOtherParts) {
			err = fmt.Errorf("the file is stored up to row %d, %d of its parts; run the same import again to store the rest, or import with Replace to store it from scratch: %w", stored, f.Parts, err)
		}
	}()
	passed := map[string]bool{} // the keys of the parts before, all stored
	ends, err := l.consistent(ctx, f.Key, s.sum)
	if err != nil {
		return err
	}
	if f.Parts = len(ends); f.Parts > 0 { // of an import before this one
		stored = ends[len(ends)-1]
	}
	return l.ahead(ctx, d, func(p *formats.Part) error {
		if err := s.unchanged(); err != nil {
			return err
		}
		first := taken
		taken += int64(p.Rows)
		if len(ends) > 0 && ends[0] != taken {
			return fmt.Errorf("%w: a stored part ends with row %d, and the parts of this import would end with row %d and row %d", ErrOtherParts, ends[0], first, taken)
		}
		if p.Rows > 0 {
			if len(ends) > 0 {
				ends = ends[1:]
			}
			key := ownkey.ImportedPart(f.Key, s.sum, taken)
			err := l.insert(ctx, f, s, key, p, first, passed)
			if err == nil {
				passed[key], stored = true, max(stored, taken)
			}
			return err
		}
		if err := s.verify(ctx); err != nil {
			return err
		}
		if bad != unread {
			return fmt.Errorf("%w: it had %d rows that cannot be read, and now has %d", ErrSourceChanged, unread, bad)
		}
		err := l.insert(ctx, f, s, f.Key, p, taken, passed)
		if err == nil {
			f.Parts = 0
		}
		return err
	})
}

// ahead reads a file part by part, one ahead of what store does with the part
// before. The last part has no rows.
func (l *loading) ahead(ctx context.Context, d formats.Decoder, store func(p *formats.Part) error) error {
	ctx, stop := context.WithCancel(ctx)
	filled, free := make(chan *formats.Part), make(chan *formats.Part, 2)
	both := []*formats.Part{l.newPart(), l.newPart()}
	for _, p := range both {
		free <- p
	}
	var readErr error
	var panicked any
	go func() {
		defer close(filled)
		defer func() { panicked = recover() }()
		for p := range free {
			if readErr = l.fill(ctx, d, p); readErr != nil {
				return
			}
			last := p.Rows == 0 // once it is handed over, p is not ours
			select {
			case filled <- p:
			case <-ctx.Done():
				return
			}
			if last {
				return
			}
		}
	}()
	defer func() { // d is the caller's again
		stop()
		close(free)
		for range filled {
		}
		for _, p := range both {
			_ = p.Close()
		}
		if panicked != nil {
			panic(panicked)
		}
	}()
	for {
		p, ok := <-filled
		if !ok {
			if readErr == nil {
				readErr = ctx.Err()
			}
			return readErr
		}
		last := p.Rows == 0
		if err := store(p); err != nil || last {
			return err
		}
		p.Reset()
		free <- p
	}
}

// fill reads rows into p until it has enough, or the file ends.
func (l *loading) fill(ctx context.Context, d formats.Decoder, p *formats.Part) error {
	for p.Rows < l.partRows() {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := p.Room(l.table)
		if err := next(d, c); err != nil || c.Rows == 0 {
			return err
		}
		p.Add(c, d)
	}
	return nil
}

// insert stores one batch, once. Its first row has this number among those of
// the file that can be read. Rows that the table refuses go to Reject before the
// others are stored. The parts before it have these keys.
func (l *loading) insert(ctx context.Context, f *File, s *source, key string, p *formats.Part, first int64, passed map[string]bool) error {
	rows := kept{part: p}
	var res store.Result
	for {
		var err error
		res, err = l.try(ctx, &store.Batch{Schema: l.table, Mode: l.opts.Mode, Rows: &rows, Key: key, Sift: l.opts.Reject != nil,
			Replace: s.replaces.own, Removes: s.replaces.others, Others: l.others(f, s, passed)})
		var sift *store.SiftError
		if errors.As(err, &sift) {
			if err = l.refuse(ctx, f, s, rows.leave(sift.Rows), first); err == nil {
				continue
			}
		} else if line, ok := rows.line(err); ok {
			bad := BadRow{File: f.Path, Key: f.Key, Line: line, Err: inWords(err)}
			f.Bad, f.BadRows = append(f.Bad, bad), f.BadRows+1
			err = fmt.Errorf("line %d: %w", bad.Line, bad.Err)
		}
		if err != nil {
			return err
		}
		break
	}
	f.Applied = f.Applied || res.Applied
	if key != f.Key {
		if res.Applied {
			f.Parts++
		}
	} else if s.stored = true; !f.Applied {
		f.Note = "another import has stored it meanwhile"
	}
	if res.Applied {
		f.Rows += res.Inserted
		f.Changed += res.Changed
		f.Left += res.Unchanged
		f.Removed += res.Removed
		l.stored(res.Inserted + res.Changed)
	}
	return nil
}

// try stores a batch. The table is created once the batch is known to be good.
func (l *loading) try(ctx context.Context, b *store.Batch) (res store.Result, err error) {
	in, err := l.to.Begin(b)
	if err != nil {
		return res, err
	}
	defer in.Close()
	if err := l.create(ctx); err != nil {
		return res, err
	}
	err = store.Settle(ctx, l.to, l.opts.Retrier.Do, func(ctx context.Context) (err error) {
		res, err = in.Try(ctx)
		return err
	})
	return res, err
}
