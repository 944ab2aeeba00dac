package formats

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// packers are the ways in which a file of text may be packed.
var packers = map[string]func(io.Writer) io.WriteCloser{
	"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w)
		if err != nil {
			panic(err)
		}
		return z
	},
}

// TestDamagedPackingIsNamed: a packed file that is cut anywhere, or has a byte
// changed in its checksum, is ErrFormat, in words for the file; the whole file is
// read.
func TestDamagedPackingIsNamed(t *testing.T) {
	text := strings.Repeat("1,a\n2,b\n", 5000)
	read := func(r io.Reader) (string, error) {
		unpacked, err := NewText(r, func() error { return nil })
		if err != nil {
			return "", err
		}
		defer unpacked.Close()
		b, err := io.ReadAll(unpacked)
		return string(b), err
	}
	for name, packer := range packers {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w := packer(&b)
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			packed := b.Bytes()
			if got, err := read(bytes.NewReader(packed)); got != text || err != nil {
				t.Fatalf("the whole file: %d bytes, %v", len(got), err)
			}
			spoiled := bytes.Clone(packed)
			spoiled[len(spoiled)-1] ^= 1
			broken := [][]byte{spoiled}
			for _, n := range []int{4, 12, len(packed) / 2, len(packed) - 1} {
				broken = append(broken, packed[:n])
			}
			for _, b := range broken {
				if _, err := read(bytes.NewReader(b)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "truncated or damaged") {
					t.Errorf("%d of %d bytes: error is %v, want %v", len(b), len(packed), err, ErrFormat)
				}
			}
			// An error of the system, or of a context, is not the file's fault.
			for _, cause := range []error{&fs.PathError{Op: "read", Path: "a", Err: fs.ErrInvalid}, context.Canceled} {
				r := io.MultiReader(bytes.NewReader(packed[:len(packed)/2]), failing{cause})
				if _, err := read(r); !errors.Is(err, cause) || errors.Is(err, ErrFormat) {
					t.Errorf("error is %v, want %v", err, cause)
				}
			}
		})
	}
}

// failing is a reader that returns an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
