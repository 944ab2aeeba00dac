package load

import (
	"io"
	"sync"
)

// hashing is a reader that takes the checksums of what is read, on a goroutine of its
// own.
type hashing struct {
	in   io.Reader
	full chan []byte
	free chan []byte
	once sync.Once
	sum  chan checksums
}

// newHashing starts the goroutine, which writes to sum. The caller calls end or stop.
func newHashing(in io.Reader, sum *summer) *hashing {
	const ahead = 4
	h := &hashing{in: in, full: make(chan []byte, ahead), free: make(chan []byte, ahead), sum: make(chan checksums, 1)}
	for range ahead {
		h.free <- nil
	}
	go func() {
		for b := range h.full {
			_, _ = sum.Write(b)
			h.free <- b
		}
		h.sum <- sum.checksums()
	}()
	return h
}

func (h *hashing) Read(p []byte) (int, error) {
	n, err := h.in.Read(p)
	if n > 0 {
		h.full <- append((<-h.free)[:0], p[:n]...)
	}
	return n, err
}

// end reads what is left, which is nothing or what follows packed text, and returns
// the checksums. Read must not be called afterward.
func (h *hashing) end() (checksums, error) {
	_, err := io.Copy(io.Discard, h)
	h.once.Do(func() { close(h.full) })
	return <-h.sum, err
}

// stop ends the goroutine, unless end has. Read must not be called afterward.
func (h *hashing) stop() {
	h.once.Do(func() {
		close(h.full)
		<-h.sum
	})
}
