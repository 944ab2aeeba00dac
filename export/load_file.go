package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// format is a source's format and how it is read.
func (l *loading) format(path string) (Format, textOptions, error) {
	opts := textOptions{comma: l.opts.Comma}
	if opts.comma == 0 {
		opts.comma = ','
		if strings.Contains(strings.ToLower(filepath.Base(path)), ".tsv") {
			opts.comma = '\t'
		}
	}
	if l.opts.Format != "" {
		f, err := ParseFormat(l.opts.Format)
		return f, opts, err
	}
	f, err := formatOf(path)
	return f, opts, err
}

// liner tells the line of a row of the chunk that was filled last.
type liner interface{ lineOf(k int) int64 }

// part is the rows of a batch.
type part struct {
	chunks []*chunk // all full but the last
	lines  []int64  // of each row in the file
	rows   int
}

func (p *part) Len() int { return p.rows }
func (p *part) Bind(i int, w schema.Writer) error {
	room := p.chunks[0].room
	return p.chunks[i/room].Bind(i%room, w)
}

// room is a chunk with nothing in it.
func (p *part) room(s *schema.Schema) *chunk {
	if n := len(p.chunks); n < cap(p.chunks) {
		if c := p.chunks[:n+1][n]; c != nil {
			return c
		}
	}
	return newChunk(s)
}

func (p *part) add(c *chunk, d decoder) {
	p.chunks = append(p.chunks, c)
	p.rows += c.rows
	if l, ok := d.(liner); ok {
		for k := range c.rows {
			p.lines = append(p.lines, l.lineOf(k))
		}
	}
}

// reset leaves the chunks in the room behind the slice, for room.
func (p *part) reset() { p.chunks, p.lines, p.rows = p.chunks[:0], p.lines[:0], 0 }

// file stores one file.
func (l *loading) file(ctx context.Context, f *LoadedFile) error {
	done, err := l.known(ctx, f.Key)
	if err != nil || done {
		return err
	}
	d, err := l.open(f.Path, l.bad(f, true))
	if err != nil {
		return err
	}
	defer func() { _ = d.close() }()
	var p part
	for long := false; ; {
		c := p.room(l.table)
		if err := d.next(c); err != nil {
			return err
		}
		if c.rows == 0 {
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
		if p.add(c, d); p.rows >= l.opts.PartRows && l.parted {
			if l.opts.Reject != nil {
				return l.partsAfter(ctx, f, d, &p)
			}
			long = true
			p = part{}
		}
	}
}

// parts stores a long file that was found to be good.
func (l *loading) parts(ctx context.Context, f *LoadedFile) error {
	d, err := l.open(f.Path, l.bad(f, false))
	if err != nil {
		return err
	}
	defer func() { _ = d.close() }()
	return l.partsAfter(ctx, f, d, &part{})
}

// partsAfter stores what was read of a file and the rest of it, in parts, and
// then the file's own key. Parts are told apart by what the whole file is, so
// that none is taken for one of another content.
func (l *loading) partsAfter(ctx context.Context, f *LoadedFile, d decoder, p *part) error {
	sum, err := sumFile(f.Path)
	if err != nil {
		return err
	}
	sum = sum[:16]
	prefix := f.Key + "#"
	if err := l.consistent(ctx, prefix, prefix+sum); err != nil {
		return err
	}
	return l.ahead(ctx, d, p, func(n int, p *part) error {
		if p.rows == 0 {
			return l.insert(ctx, f, f.Key, p)
		}
		return l.insert(ctx, f, fmt.Sprintf("%s%s-%06d", prefix, sum, n), p)
	})
}

// ahead reads a file part by part, one ahead of what store does with the part
// before. The last part has no rows.
func (l *loading) ahead(ctx context.Context, d decoder, first *part, store func(n int, p *part) error) error {
	ctx, stop := context.WithCancel(ctx)
	filled, free := make(chan *part), make(chan *part, 2)
	free <- first
	free <- &part{}
	var readErr error
	go func() {
		defer close(filled)
		for p := range free {
			if readErr = l.fill(ctx, d, p); readErr != nil {
				return
			}
			last := p.rows == 0 // once it is handed over, p is not ours
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
		last := p.rows == 0
		if err := store(n, p); err != nil || last {
			return err
		}
		p.reset()
		free <- p
	}
}

// fill reads rows into p until it has enough, or the file ends.
func (l *loading) fill(ctx context.Context, d decoder, p *part) error {
	for p.rows < l.opts.PartRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := p.room(l.table)
		if err := d.next(c); err != nil || c.rows == 0 {
			return err
		}
		p.add(c, d)
	}
	return nil
}

// insert stores one batch, once.
func (l *loading) insert(ctx context.Context, f *LoadedFile, key string, p *part) error {
	b := &store.Batch{Schema: l.table, Rows: p, Key: key, Quarantine: l.opts.Reject != nil && !l.parted}
	var res store.Result
	err := l.opts.Retrier.Do(ctx, func(ctx context.Context) (err error) {
		res, err = store.Insert(ctx, l.to, b)
		return err
	}, func(err error) bool { return errors.Is(err, store.ErrCommitUnknown) || l.to.Retryable(err) })
	if err != nil {
		var row *store.RowError
		if errors.As(err, &row) && row.Row < len(p.lines) {
			bad := BadRow{File: f.Path, Line: p.lines[row.Row], Err: err}
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

// bad is told of the rows that cannot be read.
func (l *loading) bad(f *LoadedFile, first bool) func(int64, []byte, error) error {
	return func(line int64, text []byte, err error) error {
		if !first {
			return nil // it was told of in the first reading
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

// sumFile is the SHA-256 of a file's content, in hexadecimal digits.
func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
