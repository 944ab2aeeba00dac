package postgres

import "encoding/binary"

// runs cuts a part so that no key comes twice in one run, where there are unique
// groups beside the key: a row that a later one of the same key replaces may
// stand in another's way until then, or make room for it.
func (r *rows) runs(part span) []span {
	s := r.plan.schema
	if len(s.Uniques()) == 0 {
		return []span{part}
	}
	var key []int
	for _, name := range s.Key() {
		i, _ := s.Column(name)
		key = append(key, i+1) // behind the row's number
	}
	var runs []span
	var fields [][]byte
	seen := map[string]bool{}
	for i := range r.len() {
		fields = r.fields(i, fields[:0])
		number := int(binary.BigEndian.Uint64(fields[0]))
		if number < part.from || number >= part.to {
			continue
		}
		var text []byte
		for _, k := range key {
			text = binary.BigEndian.AppendUint32(text, uint32(len(fields[k])))
			text = append(text, fields[k]...)
		}
		if seen[string(text)] {
			runs = append(runs, span{part.from, number})
			part.from = number
			clear(seen)
		}
		seen[string(text)] = true
	}
	return append(runs, part)
}
