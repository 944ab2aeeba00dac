package schema

import "unicode"

// snakeCase is the SQL name of a Go name: ID becomes id, HTTPServer
// http_server, SubjectIDs subject_ids, VolumeMM3 volume_mm3 and Volume3D
// volume3d. A word begins at an upper-case letter behind a lower-case one,
// and at one before a lower-case letter; digits belong to the word before
// them.
func snakeCase(name string) string {
	runes := []rune(name)
	snake := make([]rune, 0, len(runes)+4)
	for i, r := range runes {
		if i > 0 && runes[i-1] != '_' && r != '_' && beginsWord(runes, i) {
			snake = append(snake, '_')
		}
		snake = append(snake, unicode.ToLower(r))
	}
	return string(snake)
}

// beginsWord reports whether the rune at i, which is not the first, begins a
// word.
func beginsWord(runes []rune, i int) bool {
	if !unicode.IsUpper(runes[i]) {
		return false
	}
	if unicode.IsLower(runes[i-1]) {
		return true
	}
	if i+1 == len(runes) || !unicode.IsLower(runes[i+1]) {
		return false
	}
	// The plural of an acronym is not a separate word: IDs, URLs.
	plural := runes[i+1] == 's' && (i+2 == len(runes) || !unicode.IsLower(runes[i+2]) && !unicode.IsDigit(runes[i+2]))
	return !plural || unicode.IsDigit(runes[i-1])
}
