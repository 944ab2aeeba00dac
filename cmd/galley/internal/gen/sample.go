package gen

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/galley-db/galley/schema"
)

// errNoColumns is returned for a sample that has none.
var errNoColumns = errors.New("it has no columns")

func readCSV(r io.Reader, s *sample) error { return readSeparated(r, ',', s) }
func readTSV(r io.Reader, s *sample) error { return readSeparated(r, '\t', s) }

// readSeparated reads a file whose first row has the columns' names. An empty
// cell of a column of text is text; elsewhere it is a value that is missing.
func readSeparated(r io.Reader, comma rune, s *sample) error {
	rows := csv.NewReader(r)
	rows.Comma, rows.ReuseRecord = comma, true
	head, err := rows.Read()
	if err == io.EOF {
		return errNoColumns
	}
	if err != nil {
		return err
	}
	head = slices.Clone(head)
	head[0] = string(bytes.TrimPrefix([]byte(head[0]), []byte("\ufeff")))
	s.rows = 1
	columns := make([]*guess, len(head))
	for i, name := range head {
		if name == "" {
			name = "column_" + strconv.Itoa(i+1)
			s.notes = append(s.notes, "column "+strconv.Itoa(i+1)+" has no name in the file.")
		}
		if s.byName[name] != nil {
			return fmt.Errorf("two columns are named %q", name)
		}
		columns[i] = s.column(name)
	}
	for s.rows = 0; ; {
		record, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		s.rows++
		for i, text := range record {
			if !utf8.ValidString(text) || bytes.IndexByte([]byte(text), 0) >= 0 {
				line, _ := rows.FieldPos(i)
				return fmt.Errorf("line %d: %s is not valid UTF-8 without NUL", line, short(text))
			}
			if text == "" {
				columns[i].missing++
				continue
			}
			columns[i].add(s.rows, cell{text: text})
		}
	}
	for _, g := range columns {
		if g.column(s.rows).Type == schema.Text && g.missing > 0 {
			g.missing = 0 // in CSV an empty text and a missing one look alike
		}
	}
	return nil
}

// readJSON reads objects, one after the other or in an array. A key is a
// column, in the order in which they come.
func readJSON(r io.Reader, s *sample) error {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	inArray := false
	for {
		token, err := dec.Token()
		switch {
		case err == io.EOF && !inArray:
			if len(s.guesses) == 0 {
				return errNoColumns
			}
			return nil
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case token == json.Delim('[') && s.rows == 0 && !inArray:
			inArray = true
		case token == json.Delim(']'):
			inArray = false
		case token == json.Delim('{'):
			s.rows++
			if err := readObject(dec, s); err != nil {
				return fmt.Errorf("row %d: %w", s.rows, err)
			}
		default:
			return fmt.Errorf("row %d is %v, not an object", s.rows+1, token)
		}
	}
}

func readObject(dec *json.Decoder, s *sample) error {
	seen := map[*guess]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return fmt.Errorf("%v is not a key", token)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		g := s.column(name)
		if seen[g] {
			return fmt.Errorf("the key %q occurs twice", name)
		}
		seen[g] = true
		if string(raw) == "null" {
			g.missing++
			continue
		}
		g.add(s.rows, jsonCell(raw))
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	for _, g := range s.guesses {
		if !seen[g] {
			g.missing++
		}
	}
	return nil
}

func jsonCell(raw json.RawMessage) cell {
	switch raw[0] {
	case '"':
		var text string
		if json.Unmarshal(raw, &text) == nil {
			return cell{aString, text}
		}
	case 't', 'f':
		return cell{aBool, string(raw)}
	case '{', '[':
		return cell{nested, string(raw)}
	}
	return cell{aNumber, string(raw)}
}
