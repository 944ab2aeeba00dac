package sheet

import "strings"

// Spark is a small chart of numbers, a character each. A blank is 0.
func Spark(values []float64) string {
	const blocks = "▁▂▃▄▅▆▇█"
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	var s strings.Builder
	for _, v := range values {
		if v <= 0 {
			s.WriteByte(' ')
			continue
		}
		s.WriteRune([]rune(blocks)[int(v*7/most)])
	}
	return s.String()
}
