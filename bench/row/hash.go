package row

// mix is the output function of SplitMix64: a bijection whose values look
// random for consecutive n.
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// real is a number from 0 to 1000 with all 53 bits of its fraction in use.
func real(h uint64) float64 {
	return float64(h>>11) / (1 << 53) * 1000
}
