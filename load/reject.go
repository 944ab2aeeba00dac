package load

import "strings"

// rejectQueue holds the rows of a file that cannot be stored. They are handed on
// when the rest of the file is ready to be stored, so those of a file that cannot be
// read to its end are not.
type rejectQueue struct {
	loading *loading
	file    *File
	waiting []BadRow
	bytes   int
}

// add takes a row.
func (r *rejectQueue) add(line int64, text []byte, err error) error {
	const shown, most = 1000, 20
	f := r.file
	err = inWords(err)
	f.BadRows++
	if len(f.Bad) < most {
		f.Bad = append(f.Bad, BadRow{File: f.Path, Key: f.Key, Line: line, Text: strings.ToValidUTF8(string(text[:min(len(text), shown)]), "\uFFFD"), Err: err})
	}
	if r.loading.opts.Reject == nil {
		return nil
	}
	r.waiting = append(r.waiting, BadRow{File: f.Path, Key: f.Key, Line: line, Text: string(text), Err: err})
	const room = 64 << 20
	if r.bytes += len(text) + 200; r.bytes > room {
		return r.hand()
	}
	return nil
}

// hand hands the rows on.
func (r *rejectQueue) hand() error {
	r.loading.mu.Lock()
	defer r.loading.mu.Unlock()
	if len(r.waiting) == 0 {
		return nil
	}
	for _, b := range r.waiting {
		if err := r.loading.opts.Reject(b); err != nil {
			return err
		}
		r.file.Rejected++
	}
	r.waiting, r.bytes = nil, 0
	if r.loading.opts.SyncRejects == nil {
		return nil
	}
	return r.loading.opts.SyncRejects()
}
