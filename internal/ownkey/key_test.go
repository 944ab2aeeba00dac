package ownkey

import "testing"

const digits = "0123456789abcdef0123456789abcdef"

func TestOwnKeysHaveTheirWholeForm(t *testing.T) {
	for key, want := range map[string]Kind{
		Numbered(Copy, 1, 7):                        Copy,
		Numbered(Copy, 12345678, ^uint64(0)):        Copy,
		Numbered(Rejected, 1, 7):                    Rejected,
		Spooled(digits):                             Spool,
		Merged(digits, 1, ""):                       Merge,
		Merged(digits, 1, "rows=1 stamp=- a\nb.db"): Merge,
		"":                    Caller,
		"galley":              Caller,
		"galley ":             Caller,
		"galley copy ":        Caller,
		"galley copy of mine": Caller,
		"galley copy 1-7":     Caller,
		"galley copy 000001-0000000000000007 again":   Caller,
		"galley copy rejected ":                       Caller,
		"galley copy rejected 7":                      Caller,
		"galley spool of mine":                        Caller,
		"galley spool " + digits + "0":                Caller,
		"galley merge of mine":                        Caller,
		"galley merge " + digits:                      Caller,
		"galley merge " + digits + " 1":               Caller,
		"Galley copy 000001-0000000000000007":         Caller,
		"my galley copy 000001-0000000000000007":      Caller,
		"galley copy 000001-0000000000000007\nsecond": Caller,
	} {
		if got := Of(key); got != want {
			t.Errorf("Of(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, kind := range []Kind{Copy, Rejected} {
		for _, n := range []int{1, 999_999, 12_345_678} {
			if got := Number(Numbered(kind, n, 1)); got != n {
				t.Errorf("Number(Numbered(%d, %d)) = %d", kind, n, got)
			}
		}
	}
	if got := Number("galley copy 5-of mine"); got != 0 {
		t.Errorf("the number of a caller's key is %d", got)
	}
}
