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
	sha  hash.Hash
	fast maphash.Hash
}

var fastSeed = maphash.MakeSeed()

func newSummer() *summer {
	s := &summer{sha: sha256.New()}
	s.fast.SetSeed(fastSeed)
	return s
}

func (s *summer) Write(p []byte) (int, error) {
	_, _ = s.fast.Write(p) // neither returns an error
	return s.sha.Write(p)
}

func (s *summer) checksums() checksums {
	return checksums{hex.EncodeToString(s.sha.Sum(nil)), s.fast.Sum64()}
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
	var fast maphash.Hash
	fast.SetSeed(fastSeed)
	err := pass(ctx, &fast, s.content())
	return fast.Sum64(), err
}

// pass reads a content for its checksum.
func pass(ctx context.Context, to io.Writer, content io.Reader) error {
	_, err := io.CopyBuffer(to, &canceled{ctx, content}, make([]byte, 256<<10))
	return err
}
