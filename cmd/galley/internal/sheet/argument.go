package sheet

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Argument returns the value of an argument without a type: an int64 or a
// float64 for a number as JSON writes it, otherwise the text itself. A code such
// as 007 or +5 is not a JSON number and stays text.
func Argument(text string) (any, error) {
	if text == "" || text[0] != '-' && !digit(text[0]) || !digit(text[len(text)-1]) || !json.Valid([]byte(text)) {
		return text, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("the number %s is beyond float64; for a text, use --param NAME:text=%s", text, text)
	}
	if integer(text) {
		return nil, fmt.Errorf("the integer %s is beyond int64; use --param with NAME:text=%s or NAME:real=%s", text, text, text)
	}
	return f, nil
}

func digit(ch byte) bool { return ch >= '0' && ch <= '9' }

func integer(text string) bool {
	for _, ch := range []byte(text) {
		if ch == '.' || ch|0x20 == 'e' {
			return false
		}
	}
	return true
}

// ArgumentTypes are the types that TypedArgument takes.
const ArgumentTypes = "text, int, real, bool, blob (in hex) or null"

// TypedArgument returns the value of an argument whose type is given.
func TypedArgument(kind, text string) (v any, err error) {
	switch kind {
	case "text":
		return text, nil
	case "int":
		v, err = strconv.ParseInt(text, 10, 64)
	case "real":
		var f float64
		if f, err = strconv.ParseFloat(text, 64); err == nil && math.IsNaN(f) {
			return nil, fmt.Errorf("NaN is NULL in SQLite; use the type null")
		}
		v = f
	case "bool":
		switch text {
		case "true", "1":
			return int64(1), nil
		case "false", "0":
			return int64(0), nil
		}
		err = strconv.ErrSyntax
	case "blob":
		v, err = hex.DecodeString(text)
	case "null":
		if text == "" {
			return nil, nil
		}
		err = strconv.ErrSyntax
	default:
		return nil, fmt.Errorf("type %q is not known, want %s", kind, ArgumentTypes)
	}
	if err != nil {
		return nil, fmt.Errorf("%q is not of the type %s", text, kind)
	}
	return v, nil
}
