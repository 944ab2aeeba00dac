package csvrow

import "bytes"

// AppendField adds a field, quoted where it must be. An empty one is, so that
// it is not NULL; so is one that begins with what some programs take for a
// byte-order mark.
func AppendField(dst, field []byte) []byte {
	if len(field) > 0 && !special(field) && field[0] != ' ' && field[len(field)-1] != ' ' && field[0] != 0xef {
		return append(dst, field...)
	}
	dst = append(dst, '"')
	for {
		n := bytes.IndexByte(field, '"')
		if n < 0 {
			break
		}
		dst = append(append(dst, field[:n]...), `""`...)
		field = field[n+1:]
	}
	return append(append(dst, field...), '"')
}

// special reports whether a field has a comma, a quote or a line end. One look at
// each byte beats a search for each of the four in the short fields that most are.
func special(field []byte) bool {
	for _, c := range field {
		if c <= ',' && (c == ',' || c == '"' || c == '\n' || c == '\r') {
			return true
		}
	}
	return false
}
