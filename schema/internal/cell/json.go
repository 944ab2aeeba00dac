package cell

import "encoding/json"

// BindJSON stores the JSON of the value that v points to.
func BindJSON(w Writer, p Place, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return because(ErrJSON, err)
	}
	w.Text(p.Index, view(text))
	return nil
}

// ScanJSON sets the value that v points to. reset sets it to its zero value
// beforehand: json.Unmarshal adds to what it finds.
func ScanJSON(r Reader, p Place, v any, reset func()) (any, error) {
	null, err := p.IsNull(r)
	if err != nil {
		return nil, err
	}
	reset()
	if null {
		return nil, nil
	}
	text := r.Text(p.Index)
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return text, because(ErrJSON, err)
	}
	return nil, nil
}

// BindRaw stores JSON as it is.
func BindRaw(w Writer, p Place, v json.RawMessage) (any, error) {
	if v == nil && p.Null {
		w.Null(p.Index)
		return nil, nil
	}
	if !json.Valid(v) {
		return []byte(v), ErrJSON
	}
	w.Text(p.Index, view(v))
	return nil, nil
}

// ScanRaw reads JSON as it is.
func ScanRaw(r Reader, p Place, to *json.RawMessage) (any, error) {
	null, err := p.IsNull(r)
	if err != nil {
		return nil, err
	}
	if null {
		*to = nil
		return nil, nil
	}
	text := []byte(r.Text(p.Index))
	if !json.Valid(text) {
		return text, ErrJSON
	}
	*to = text
	return nil, nil
}
