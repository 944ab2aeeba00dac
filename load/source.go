package load

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/literal"
	"github.com/galley-db/galley/internal/spill"
)

// source is a file to import. A source that can be read once only, such as a
// pipe, is copied into a temporary file.
type source struct {
	name   string // as the caller or a pattern spells it; "-" for a reader
	path   string // of the file to read: the name, or as Options.Files says
	in     io.Reader
	format formats.Format
	same   string // the name of an earlier source that is the same file

	replaces replaced
	stored   bool // whole, as it was first read

	file      *os.File // while it is read; for good where it is a copy
	copied    bool
	info      fs.FileInfo
	size      int64
	checksums // of the content as it was first read

	hashing *hashing      // of the text that is open and was opened last, nil once it was asked
	rows    *formats.Part // nil unless its rows were read already
}

// ErrSourceChanged is returned for a file that changes while it is imported, or
// of which parts were stored before an interruption and which has changed
// since.
var ErrSourceChanged = errors.New("the file has changed")

// read opens the source, runs do, and returns ErrSourceChanged where the file
// changed meanwhile, or since it was first read. A change after do has stored all of
// it is none of the import's.
func (s *source) read(ctx context.Context, do func() error) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	err := do()
	// A change explains any other error.
	if changed := s.unchanged(); changed != nil && !s.stored {
		err = changed
	}
	if !s.copied {
		err = errors.Join(err, s.file.Close())
		s.file = nil
	}
	return err
}

// open opens the source. The first time it finds out how much is in it, and of a pipe
// what.
func (s *source) open(ctx context.Context) error {
	if s.copied {
		return nil
	}
	if s.in != nil {
		return s.copy(ctx, s.in)
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		f, err := openOnce(ctx, s.path)
		if err != nil {
			return err
		}
		return errors.Join(s.copy(ctx, f), f.Close())
	}
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	if info, err = f.Stat(); err == nil && s.info == nil {
		s.info, s.size = info, info.Size()
	}
	s.file = f
	if err == nil {
		err = s.unchanged()
	}
	if err != nil {
		s.file = nil
		return errors.Join(err, f.Close())
	}
	return nil
}

// copy copies what can be read once.
func (s *source) copy(ctx context.Context, in io.Reader) error {
	f, err := spill.Create("")
	if err != nil {
		return err
	}
	sum := newSummer()
	n, err := io.Copy(io.MultiWriter(f, sum), &canceled{ctx, in})
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", s.name, err), spill.Remove(f))
	}
	s.file, s.copied, s.size, s.checksums = f, true, n, sum.checksums()
	return nil
}

// close closes the copy.
func (s *source) close() {
	if s.copied {
		_ = spill.Remove(s.file)
	}
}

// unchanged returns ErrSourceChanged where the file is not the one that was
// first read.
func (s *source) unchanged() error {
	if s.copied {
		return nil
	}
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(info, s.info) || info.Size() != s.info.Size() || !info.ModTime().Equal(s.info.ModTime()) || changeTime(info) != changeTime(s.info) {
		return fmt.Errorf("%w while it was imported: it had %d bytes and has %d; nothing more of it is stored, run the import again", ErrSourceChanged, s.info.Size(), info.Size())
	}
	return nil
}

// content is the source's bytes as they were first read.
func (s *source) content() *io.SectionReader { return io.NewSectionReader(s.file, 0, s.size) }

// parquet opens the source as Parquet. The caller closes the reader.
func (s *source) parquet() (*formats.ParquetReader, error) {
	return formats.NewParquetReader(s.content(), s.size, func() error { return nil })
}

// guessFormat returns the format that the first bytes have.
func (s *source) guessFormat(ctx context.Context) (formats.Format, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(s.content(), head); err == nil && string(head) == "PAR1" {
		return formats.Parquet, nil
	}
	in, err := s.plain(ctx)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	first := bufio.NewReader(in)
	if mark, err := first.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = first.Discard(3)
	}
	for {
		switch c, err := first.ReadByte(); {
		case err == nil && (c == '{' || c == '['):
			return formats.JSONLines, nil
		case errors.Is(err, io.EOF), err == nil && c != ' ' && c != '\t' && c != '\r' && c != '\n':
			return formats.CSV, nil
		case err != nil:
			return 0, err
		}
	}
}

// recognize returns what is wrong with a file whose first bytes are those of
// another format, such as a zip archive.
func (s *source) recognize() error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	text, err := formats.NewText(f, f.Close)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, errors.Join(err, f.Close()))
	}
	return text.Close()
}

// text opens the source as text, unpacked where it is packed, and takes the checksums
// of what is read, without the first if it is known. The caller closes it.
func (s *source) text(ctx context.Context) (*formats.Text, error) {
	if s.copied { // its checksum is known, and no other process changes it
		return s.plain(ctx)
	}
	sum := newFastSummer()
	if s.sum == "" {
		sum = newSummer()
	}
	h := newHashing(&canceled{ctx, s.content()}, sum)
	t, err := formats.NewText(h, func() error {
		if s.hashing == h {
			s.hashing = nil
		}
		h.stop()
		return nil
	})
	if err != nil {
		h.stop()
		return nil, err
	}
	s.hashing = h
	return t, nil
}

// plain is text without a checksum.
func (s *source) plain(ctx context.Context) (*formats.Text, error) {
	return formats.NewText(&canceled{ctx, s.content()}, func() error { return nil })
}

// label names a source in keys: the path from base to the file itself, or the
// whole path where base is "" or the file is on another drive.
func (s *source) label(base string) string {
	if s.copied {
		return "stdin"
	}
	name, part := s.name, ""
	if s.path != s.name {
		at := strings.LastIndexByte(name, ':')
		name, part = name[:max(at, 0)], name[max(at, 0):]
	}
	path, err := filepath.Abs(name)
	if err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
	}
	if base != "" {
		if rel, err := filepath.Rel(base, path); err == nil {
			path = rel
		}
	}
	path += part
	const longest = 900 // a key has at most 1024 bytes
	if len(path) > longest {
		sum := sha256.Sum256([]byte(path))
		path = hex.EncodeToString(sum[:8]) + "…" + path[len(path)-longest+32:]
	}
	return filepath.ToSlash(literal.Printable(path))
}

// canceled is a reader that fails once its context is done.
type canceled struct {
	ctx context.Context
	in  io.Reader
}

func (c *canceled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.in.Read(p)
}
