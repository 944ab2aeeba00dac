package load

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/maphash"
	"io"
)

// checksums are those of a content. The first is in keys, so every program and every
// run has the same one. The second takes a sixth of the time, and shows whether a file
// that is read again is as it was.
type checksums struct {
	sum  string // the SHA-256 in hexadecimal digits, "" if it is not known
	fast uint64 // of this process only
}

// summer takes the checksums of what is written to it.
type summer struct {
	sha  hash.Hash // nil where the first checksum is known
	fast maphash.Hash
}

var fastSeed = maphash.MakeSeed()

// newSummer takes both checksums, newFastSummer only the second.
func newSummer() *summer {
	s := newFastSummer()
	s.sha = sha256.New()
	return s
}

func newFastSummer() *summer {
	s := &summer{}
	s.fast.SetSeed(fastSeed)
	return s
}

func (s *summer) Write(p []byte) (int, error) {
	if s.sha != nil {
		_, _ = s.sha.Write(p) // neither returns an error
	}
	return s.fast.Write(p)
}

func (s *summer) checksums() checksums {
	sums := checksums{fast: s.fast.Sum64()}
	if s.sha != nil {
		sums.sum = hex.EncodeToString(s.sha.Sum(nil))
	}
	return sums
}

// identify takes the checksums of the content, unless they are known.
func (s *source) identify(ctx context.Context) error {
	if s.sum != "" {
		return nil
	}
	sums := newSummer()
	err := pass(ctx, sums, s.content())
	if err == nil {
		s.checksums = sums.checksums()
	}
	return err
}

// summed keeps the checksums of text that was read to its end, as those of the
// content.
func (s *source) summed() error {
	if s.sum != "" || s.hashing == nil {
		return nil
	}
	sums, err := s.hashing.end()
	if err == nil {
		s.checksums = sums
	}
	s.hashing = nil
	return err
}

// verify returns ErrSourceChanged where the content is not what was first read.
func (s *source) verify(ctx context.Context) error {
	if err := s.unchanged(); err != nil || s.copied {
		return err
	}
	fast, err := s.contentSum(ctx)
	if err == nil && fast != s.fast {
		err = fmt.Errorf("%w while it was imported; run the import again", ErrSourceChanged)
	}
	return err
}

// contentSum is the fast checksum of what was read of a text that has been read to its
// end, or of what is read now.
func (s *source) contentSum(ctx context.Context) (uint64, error) {
	if h := s.hashing; h != nil {
		s.hashing = nil
		sums, err := h.end()
		return sums.fast, err
	}
	sum := newFastSummer()
	err := pass(ctx, sum, s.content())
	return sum.fast.Sum64(), err
}

// pass reads a content for its checksum.
func pass(ctx context.Context, to io.Writer, content io.Reader) error {
	_, err := io.CopyBuffer(to, &canceled{ctx, content}, make([]byte, 256<<10))
	return err
}
