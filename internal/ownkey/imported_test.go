package ownkey

import "testing"

// TestImportedKeys: the name of a file may end like a key, and a caller's key like a part.
func TestImportedKeys(t *testing.T) {
	const sum = "0123456789abcdef0123456789abcdef"
	for _, name := range []string{"a.csv", "a@7-0123456789abcdef.csv", "a@7-0123456789abcdef", "a#0123456789abcdef-000001", ""} {
		whole := Imported(name, 12, sum)
		piece := ImportedPart(whole, sum, 7)
		for _, key := range []string{whole, piece} {
			if got, ok := ImportedName(key); got != name || !ok {
				t.Errorf("ImportedName(%q) = %q, %v; want %q", key, got, ok, name)
			}
		}
		for key, want := range map[string]string{whole: name, piece: piece, "k": "k", "k#0123456789abcdef-000001": "k#0123456789abcdef-000001"} {
			if got := Asked(key); got != want {
				t.Errorf("Asked(%q) = %q, want %q", key, got, want)
			}
		}
		if got, ok := WholeOf(piece); got != whole || !ok {
			t.Errorf("WholeOf(%q) = %q, %v; want %q", piece, got, ok, whole)
		}
	}
	for _, key := range []string{"a.csv", "a.csv@12", "a.csv@12-0123", "a.csv@-0123456789abcdef", "a.csv@12-0123456789abcdef!", "a.csv@12-0123456789abcdef#x"} {
		if name, ok := ImportedName(key); ok {
			t.Errorf("ImportedName(%q) = %q; want none", key, name)
		}
		if whole, ok := WholeOf(key); ok {
			t.Errorf("WholeOf(%q) = %q; want none", key, whole)
		}
	}
}
