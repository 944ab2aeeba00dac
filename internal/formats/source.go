package formats

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// text is a file of text, unpacked where it is packed.
type text struct {
	io.Reader
	file   *os.File
	unpack func()
}

// openText opens a file of text. Its first bytes, and not its name,
// decide whether it is compressed by gzip or zstd.
func OpenText(path string) (*text, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &text{file: f, unpack: func() {}}
	in := bufio.NewReaderSize(f, 1<<18)
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		_ = f.Close()
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		var z *gzip.Reader
		if z, err = gzip.NewReader(in); err == nil {
			t.Reader = z
		}
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		var z *zstd.Decoder
		if z, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20)); err == nil {
			t.Reader, t.unpack = z, z.Close
		}
	default:
		t.Reader, err = in, nil
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return t, nil
}

func (t *text) Close() error {
	t.unpack()
	return t.file.Close()
}
