package load

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/store"
)

// format is a source's format and how it is read.
func (l *loading) format(path string) (formats.Format, formats.TextOptions, error) {
	opts := formats.TextOptions{Comma: l.opts.Comma}
	if opts.Comma == 0 {
		opts.Comma = ','
		if strings.Contains(strings.ToLower(filepath.Base(path)), ".tsv") {
			opts.Comma = '\t'
		}
	}
	if l.opts.Format != "" {
		f, err := formats.ParseFormat(l.opts.Format)
		return f, opts, err
	}
	f, err := formats.Of(path)
	return f, opts, err
}

// file stores one file.
func (l *loading) file(ctx context.Context, f *File) error {
	done, err := l.known(ctx, f.Key)
	if err != nil || done {
		return err
	}
	d, err := l.open(f.Path, l.bad(f, true))
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	var p formats.Part
	for long := false; ; {
		c := p.Room(l.table)
		if err := d.Next(c); err != nil {
			return err
		}
		if c.Rows == 0 {
			if f.BadRows > 0 && l.opts.Reject == nil {
				return fmt.Errorf("%w: %d of them, the first in line %d: %w", ErrBadRows, f.BadRows, f.Bad[0].Line, f.Bad[0].Err)
			}
			if long {
				return l.parts(ctx, f)
			}
			return l.insert(ctx, f, f.Key, &p)
		}
		if long {
			continue // looking for bad rows alone
		}
		if p.Add(c, d); p.Rows >= l.opts.PartRows && l.parted {
			if l.opts.Reject != nil {
				return l.partsAfter(ctx, f, d, &p)
			}
			long = true
			p = formats.Part{}
		}
	}
}

// parts stores a long file that was found to be good.
func (l *loading) parts(ctx context.Context, f *File) error {
	d, err := l.open(f.Path, l.bad(f, false))
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return l.partsAfter(ctx, f, d, &formats.Part{})
}

// partsAfter stores what was read of a file and the rest of it, in parts, and
// then the file's own key. The key of a part contains a digest of the whole
// file, so a part is never mistaken for one of other content.
func (l *loading) partsAfter(ctx context.Context, f *File, d formats.Decoder, p *formats.Part) error {
	sum, err := formats.SumFile(f.Path)
	if err != nil {
		return err
	}
	sum = sum[:16]
	prefix := f.Key + "#"
	if err := l.consistent(ctx, prefix, prefix+sum); err != nil {
		return err
	}
	return l.ahead(ctx, d, p, func(n int, p *formats.Part) error {
		if p.Rows == 0 {
			return l.insert(ctx, f, f.Key, p)
		}
		return l.insert(ctx, f, fmt.Sprintf("%s%s-%06d", prefix, sum, n), p)
	})
}

// ahead reads a file part by part, one ahead of what store does with the part
// before. The last part has no rows.
func (l *loading) ahead(ctx context.Context, d formats.Decoder, first *formats.Part, store func(n int, p *formats.Part) error) error {
	ctx, stop := context.WithCancel(ctx)
	filled, free := make(chan *formats.Part), make(chan *formats.Part, 2)
	free <- first
	free <- &formats.Part{}
	var readErr error
	go func() {
		defer close(filled)
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
	}()
	for n := 1; ; n++ {
		p, ok := <-filled
		if !ok {
			if readErr == nil {
				readErr = ctx.Err()
			}
			return readErr
		}
		last := p.Rows == 0
		if err := store(n, p); err != nil || last {
			return err
		}
		p.Reset()
		free <- p
	}
}

// fill reads rows into p until it has enough, or the file ends.
func (l *loading) fill(ctx context.Context, d formats.Decoder, p *formats.Part) error {
	for p.Rows < l.opts.PartRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := p.Room(l.table)
		if err := d.Next(c); err != nil || c.Rows == 0 {
			return err
		}
		p.Add(c, d)
	}
	return nil
}

// insert stores one batch, once.
func (l *loading) insert(ctx context.Context, f *File, key string, p *formats.Part) error {
	b := &store.Batch{Schema: l.table, Rows: p, Key: key, Quarantine: l.opts.Reject != nil && !l.parted}
	res, err := store.InsertRetry(ctx, l.to, b, l.opts.Retrier.Do)
	if err != nil {
		var row *store.RowError
		if errors.As(err, &row) && row.Row < len(p.Lines) {
			bad := BadRow{File: f.Path, Line: p.Lines[row.Row], Err: err}
			f.Bad, f.BadRows = append(f.Bad, bad), f.BadRows+1
			return fmt.Errorf("line %d: %w", bad.Line, err)
		}
		return err
	}
	f.Applied = f.Applied || res.Applied
	if res.Applied {
		f.Rows += res.Inserted
		f.Rejected += res.Rejected
		l.stored(res.Inserted)
	}
	return nil
}

// bad returns the function that is called for rows that cannot be read.
func (l *loading) bad(f *File, first bool) func(int64, []byte, error) error {
	return func(line int64, text []byte, err error) error {
		if !first {
			return nil // the first reading has reported it
		}
		const shown, kept = 1000, 20
		b := BadRow{File: f.Path, Line: line, Text: strings.ToValidUTF8(string(text[:min(len(text), shown)]), "\uFFFD"), Err: err}
		f.BadRows++
		if len(f.Bad) < kept {
			f.Bad = append(f.Bad, b)
		}
		if l.opts.Reject == nil {
			return nil
		}
		f.Rejected++
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.opts.Reject(b)
	}
}
