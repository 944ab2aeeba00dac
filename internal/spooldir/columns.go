package spooldir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/galley-db/galley/schema"
)

// described is the content of a file schema-N.json: what the columns of a table
// are since it was written. The largest N counts.
type described struct {
	Table   string      `json:"table"`
	Columns [][2]string `json:"columns"` // name and spec
}

// Schema returns the columns of a table and the number of their file, 0 and nil
// where no writer has fixed them.
func (d *Dir) Schema(table string) (number int, s *schema.Schema, err error) {
	folder, err := d.table(table)
	if err != nil {
		return 0, nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, nil, err
	}
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), "schema-")
		if digits, ok = cutSuffix(digits, ".json", ok); !ok {
			continue
		}
		if n, err := strconv.Atoi(digits); err == nil && n > number && strconv.Itoa(n) == digits {
			number = n
		}
	}
	if number == 0 {
		return 0, nil, nil
	}
	path := filepath.Join(folder, schemaFile(number))
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, nil, err
	}
	var said described
	if err := json.Unmarshal(content, &said); err != nil {
		return 0, nil, fmt.Errorf("%s: %w", path, err)
	}
	if said.Table != table {
		return 0, nil, fmt.Errorf("%s: it describes table %q, and its folder is that of %q", path, said.Table, table)
	}
	columns := make([]schema.Column, len(said.Columns))
	for i, c := range said.Columns {
		if columns[i], err = schema.ParseSpec(c[0], c[1]); err != nil {
			return 0, nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if s, err = schema.New(table, columns); err != nil {
		return 0, nil, fmt.Errorf("%s: %w", path, err)
	}
	return number, s, nil
}

func cutSuffix(s, suffix string, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	return strings.CutSuffix(s, suffix)
}

func schemaFile(number int) string { return "schema-" + strconv.Itoa(number) + ".json" }

// SetSchema writes the columns of a table as those of a number. It reports false
// where another process has used that number. The first creates the table's
// folders.
func (d *Dir) SetSchema(number int, s *schema.Schema) (bool, error) {
	folder, err := d.table(s.Name())
	if err != nil {
		return false, err
	}
	if number == 1 {
		if err := d.mkdirs(folder, shards()...); err != nil {
			return false, err
		}
	}
	said := described{Table: s.Name()}
	for _, c := range s.Columns() {
		said.Columns = append(said.Columns, [2]string{c.Name, c.Spec()})
	}
	content, err := json.Marshal(said)
	if err != nil {
		return false, err
	}
	return d.publish(folder, schemaFile(number), append(content, '\n'))
}
