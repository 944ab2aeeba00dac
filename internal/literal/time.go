package literal

import (
	"bytes"
	"time"
)

// layouts are the spellings of a time that are understood. A time without a
// zone is in UTC.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02",
}

// Time reads a time of RFC 3339, the same with a space or without a zone, or a
// date. The result is in UTC. More than 9 digits of a second's fraction are
// ErrInexact unless the digits behind them are zeros.
func Time(text []byte) (time.Time, error) {
	if len(text) < len("2006-01-02") || text[0] < '0' || text[0] > '9' {
		return time.Time{}, ErrSyntax
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, view(text))
		if err != nil {
			continue
		}
		if lost(text) {
			return time.Time{}, ErrInexact
		}
		return t.UTC(), nil
	}
	return time.Time{}, ErrSyntax
}

// lost reports whether a time has digits below a nanosecond.
func lost(text []byte) bool {
	dot := bytes.LastIndexAny(text, ".,")
	if dot < 0 {
		return false
	}
	for i, c := range text[dot+1:] {
		if c < '0' || c > '9' {
			return false
		}
		if i >= 9 && c != '0' {
			return true
		}
	}
	return false
}

// Bool reads true or false, in lower case, in upper case, or with a capital.
func Bool(text []byte) (value, ok bool) {
	switch string(text) {
	case "true", "TRUE", "True":
		return true, true
	case "false", "FALSE", "False":
		return false, true
	}
	return false, false
}
