package sqlite

// textCache makes strings of the texts of one column. Texts tend to repeat (a
// subject on hundreds of rows, the same regions for each), and one that was
// seen lately is not allocated again. A column whose texts do not repeat is
// soon left alone.
type textCache struct {
	slots  []string // by hash, nil until there is a text
	hits   int
	misses int
}

const (
	textSlots = 512  // a power of two
	trial     = 1024 // misses after which the cache must have been worth it
	longText  = 256  // bytes: longer ones are not kept
)

// keep returns raw as a string.
func (c *textCache) keep(raw []byte) string {
	n := len(raw)
	if n == 0 {
		return ""
	}
	if n > longText || (c.misses >= trial && c.hits < c.misses) {
		return string(raw)
	}
	if c.slots == nil {
		c.slots = make([]string, textSlots)
	}
	// Names that belong together tend to differ in their last letters.
	hash := uint32(2166136261) ^ uint32(n) // FNV-1a
	for _, b := range raw[max(0, n-8):] {
		hash = (hash ^ uint32(b)) * 16777619
	}
	slot := &c.slots[(hash^hash>>16)%textSlots]
	if *slot == string(raw) {
		c.hits++
		return *slot
	}
	c.misses++
	*slot = string(raw)
	return *slot
}
