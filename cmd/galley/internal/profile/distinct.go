package profile

import (
	"encoding/binary"
	"hash/maphash"
	"unsafe"

	"github.com/axiomhq/hyperloglog"
)

// counter counts different values: exactly while they are few, and then by
// HyperLogLog with 2^14 registers, whose standard error is 0.8 %.
type counter struct {
	few    map[uint64]struct{} // nil when they are no longer few
	sketch *hyperloglog.Sketch
}

const fewValues = 4096

var seed = maphash.MakeSeed()

func newCounter() *counter { return &counter{few: map[uint64]struct{}{}, sketch: hyperloglog.New14()} }

func (c *counter) word(w uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], w)
	c.bytes(b[:])
}

func (c *counter) text(s string) { c.bytes(unsafe.Slice(unsafe.StringData(s), len(s))) }

func (c *counter) bytes(b []byte) {
	c.sketch.Insert(b)
	if c.few == nil {
		return
	}
	if c.few[maphash.Bytes(seed, b)] = struct{}{}; len(c.few) > fewValues {
		c.few = nil
	}
}

// count is the number of different values, and whether it is an estimate.
func (c *counter) count() (n int64, about bool) {
	if c.few != nil {
		return int64(len(c.few)), false
	}
	return int64(c.sketch.Estimate()), true
}
