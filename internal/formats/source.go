package formats

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/zstd"
)

// Text is a file of text, unpacked where it is packed.
type Text struct {
	io.Reader
	unpack func()
	shut   func() error
}

// OpenText opens a file of text.
func OpenText(path string) (*Text, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t, err := NewText(f, f.Close)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// NewText reads text. Its first bytes show whether gzip or zstd packed it; its
// name does not count. The text's Close calls shut.
func NewText(r io.Reader, shut func() error) (*Text, error) {
	t := &Text{unpack: func() {}, shut: shut}
	in := bufio.NewReaderSize(r, 1<<18)
	head, err := in.Peek(8)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	err = nil
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		var z *gzip.Reader
		if z, err = gzip.NewReader(in); err == nil {
			t.Reader = z
		}
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		var z *zstd.Decoder
		if z, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20)); err == nil {
			t.Reader, t.unpack = z, z.Close
		}
	default:
		t.Reader = in
	}
	if err != nil {
		return nil, damaged(err)
	}
	if t.Reader == in {
		err = recognize(head)
	} else {
		plain := bufio.NewReaderSize(unpacked{t.Reader}, 1<<18)
		if head, err = plain.Peek(8); err == nil || errors.Is(err, io.EOF) {
			err = recognize(head)
		}
		t.Reader = plain
	}
	if err != nil {
		t.unpack()
		return nil, err
	}
	return t, nil
}

// unpacked is what gzip or zstd unpack. Their errors do not say that the file is at
// fault.
type unpacked struct{ io.Reader }

func (u unpacked) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err)
	}
	return n, err
}

// damaged is the error for packed data that cannot be unpacked. Errors of the system
// and of a context are others.
func damaged(err error) error {
	if errors.As(err, new(*fs.PathError)) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: the file is truncated or damaged: %w; download or compress it again", ErrFormat, err)
}

// Close ends the unpacking, and calls the function that NewText was given.
func (t *Text) Close() error {
	t.unpack()
	return t.shut()
}

// recognize returns what is wrong with a file of text that begins like this.
func recognize(head []byte) error {
	for _, known := range []struct{ magic, what, advice string }{
		{"\xff\xfe", "UTF-16", "convert it to UTF-8: iconv -f UTF-16 -t UTF-8"},
		{"\xfe\xff", "UTF-16", "convert it to UTF-8: iconv -f UTF-16 -t UTF-8"},
		{"PK\x03\x04", "a zip archive, or a workbook", "unpack it, or save the sheet as CSV"},
		{"\xfd7zXZ\x00", "packed by xz", "unpack it: xz -dc"},
		{"BZh", "packed by bzip2", "unpack it: bzip2 -dc"},
		{"\x04\x22\x4d\x18", "packed by lz4", "unpack it: lz4 -dc"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"},
		{"PAR1", "Parquet", "name it .parquet, or give --format parquet"},
		{"ARROW1", "an Arrow file", "convert it to Parquet"},
		{"SQLite f", "an SQLite database", "name its table: galley import DB TABLE FILE:TABLE"},
	} {
		if bytes.HasPrefix(head, []byte(known.magic)) {
			return fmt.Errorf("%w: it is %s; %s", ErrFormat, known.what, known.advice)
		}
	}
	if len(head) >= 4 && (head[0] == 0) != (head[1] == 0) && (head[0] == 0) == (head[2] == 0) && (head[1] == 0) == (head[3] == 0) {
		return fmt.Errorf("%w: it is UTF-16; convert it to UTF-8: iconv -f UTF-16 -t UTF-8", ErrFormat)
	}
	return nil
}
