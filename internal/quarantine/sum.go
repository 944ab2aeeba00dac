package quarantine

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"io"
	"math/big"
	"sort"
	"strings"

	"github.com/galley-db/galley/store"
)

// Sum is a hash of a row in quarantine that is the same on each backend: a jsonb
// of PostgreSQL has another order of names, other spaces and another spelling of
// numbers than the text that it was made of, and U+FFFD for NUL.
func Sum(r store.RejectedRow) uint64 {
	h := fnv.New64a()
	part := func(text string) {
		text = strings.ReplaceAll(text, "\x00", "\uFFFD")
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(text))))
		_, _ = io.WriteString(h, text)
	}
	part(r.Key)
	part(r.Error)
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(r.At.UnixMicro())))
	d := json.NewDecoder(bytes.NewReader(r.Row))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		part(string(r.Row))
		return h.Sum64()
	}
	walk(v, part)
	return h.Sum64()
}

// walk gives the parts of a JSON value in an order of its own.
func walk(v any, part func(string)) {
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		sort.Strings(names)
		part("{")
		for _, name := range names {
			part(name)
			walk(v[name], part)
		}
		part("}")
	case []any:
		part("[")
		for _, one := range v {
			walk(one, part)
		}
		part("]")
	case json.Number:
		part("n")
		if r, ok := new(big.Rat).SetString(v.String()); ok && len(v) < 400 {
			part(r.RatString())
		} else {
			part(v.String())
		}
	case string:
		part("s")
		part(v)
	case bool:
		part(map[bool]string{true: "true", false: "false"}[v])
	default:
		part("null")
	}
}

// WithoutNUL is a JSON text with U+FFFD for each NUL, which a jsonb of PostgreSQL
// does not hold.
func WithoutNUL(text string) string {
	if !strings.Contains(text, `\u0000`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != '\\':
			b.WriteByte(text[i])
		case strings.HasPrefix(text[i:], `\u0000`):
			b.WriteString(`\ufffd`)
			i += 5
		default: // the backslash and the byte that it is for
			b.WriteString(text[i : i+2])
			i++
		}
	}
	return b.String()
}
