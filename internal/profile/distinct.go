package profile

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/bits"
)

// counter counts different values: exactly while they are few, and then by
// HyperLogLog (Flajolet and others, 2007), whose error is about 1 %.
type counter struct {
	few       map[uint64]struct{}
	registers []uint8
}

const (
	fewValues = 4096
	indexBits = 14
)

func newCounter() *counter { return &counter{few: map[uint64]struct{}{}} }

func (c *counter) word(w uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], w)
	c.bytes(b[:])
}

func (c *counter) bytes(b []byte) {
	h := fnv.New64a()
	h.Write(b)
	x := scramble(h.Sum64())
	if c.registers == nil {
		c.few[x] = struct{}{}
		if len(c.few) <= fewValues {
			return
		}
		c.registers = make([]uint8, 1<<indexBits)
		for known := range c.few {
			c.register(known)
		}
		c.few = nil
		return
	}
	c.register(x)
}

func (c *counter) register(x uint64) {
	i := x >> (64 - indexBits)
	rank := uint8(bits.LeadingZeros64(x<<indexBits|1<<(indexBits-1)) + 1)
	c.registers[i] = max(c.registers[i], rank)
}

// count is the number of different values, and whether it is an estimate.
func (c *counter) count() (n int64, about bool) {
	if c.registers == nil {
		return int64(len(c.few)), false
	}
	const m = 1 << indexBits
	sum, zeros := 0.0, 0
	for _, r := range c.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && zeros > 0 {
		estimate = m * math.Log(m/float64(zeros))
	}
	return int64(math.Round(estimate)), true
}

// scramble spreads a hash over all bits (the finalizer of splitmix64).
func scramble(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
