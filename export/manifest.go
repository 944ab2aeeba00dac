package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/schema"
)

// ManifestName is the name of the manifest in the folder of an export.
const ManifestName = "manifest.json"

// Manifest says what the files of a folder hold. It is written last: a file
// whose sum is not the manifest's is newer, and whole.
type Manifest struct {
	Format int    `json:"galley"` // of the manifest: 1
	Files  []File `json:"files"`  // by name
}

// File is one exported file.
type File struct {
	Name        string    `json:"name"` // below the folder, with slashes
	Table       string    `json:"table"`
	Form        string    `json:"form"`   // "long", "wide" or "rejected"
	Format      string    `json:"format"` // "parquet", "csv" or "jsonl"
	Rows        int64     `json:"rows"`
	Distinct    *Distinct `json:"distinct,omitempty"` // nil if Options.CountDistinct names no columns, or others
	Columns     []Column  `json:"columns"`
	Fingerprint string    `json:"fingerprint"` // of the columns, as schema.Schema has it
	Bytes       int64     `json:"bytes"`
	SHA256      string    `json:"sha256"` // of the file
	Added       int64     `json:"added"`  // rows that the file before had not
	Updated     int64     `json:"updated"`
	Kept        int64     `json:"kept"` // rows that only the file before had
}

// Distinct is the number of different combinations of values of some columns.
type Distinct struct {
	Columns []string `json:"columns"`
	Count   int64    `json:"count"`
}

// Column is a column of an exported file.
type Column struct {
	formats.ColumnSpec
	Sum string `json:"sum"` // of the column's values in their order
	// Named is, for a column of the wide form, the values of Wide.Columns that
	// name it, as text; nil is NULL.
	Named []*string `json:"named,omitempty"`
}

const manifestFormat = 1

// ReadManifest reads the manifest of a folder. Where there is none, the error
// is fs.ErrNotExist.
func ReadManifest(folder string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(folder, ManifestName))
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", filepath.Join(folder, ManifestName), formats.ErrFormat, err)
	}
	if m.Format != manifestFormat {
		return nil, fmt.Errorf("%s: %w: its format is %d, and this galley reads format %d", filepath.Join(folder, ManifestName), formats.ErrFormat, m.Format, manifestFormat)
	}
	return &m, nil
}

// file returns the entry of a file, nil where there is none.
func (m *Manifest) file(name string) *File {
	for i := range m.Files {
		if m.Files[i].Name == name {
			return &m.Files[i]
		}
	}
	return nil
}

// schema is the columns of a file.
func (f *File) schema() (*schema.Schema, error) {
	specs := make([]formats.ColumnSpec, len(f.Columns))
	for i, c := range f.Columns {
		specs[i] = c.ColumnSpec
	}
	return formats.SchemaOf(f.Table, specs)
}

// merged is the manifest of a folder after these files were written in it:
// what it says of others that are still there, stays.
func (m *Manifest) merged(folder string) (*Manifest, error) {
	before, err := ReadManifest(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := &Manifest{Format: manifestFormat, Files: slices.Clone(m.Files)}
	if before != nil {
		for _, f := range before.Files {
			if _, err := os.Stat(filepath.Join(folder, inFolder(f.Name))); m.file(f.Name) == nil && err == nil {
				all.Files = append(all.Files, f)
			}
		}
	}
	slices.SortFunc(all.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// inFolder keeps a name that a manifest gives in its folder, or in folders below.
func inFolder(name string) string { return filepath.FromSlash(path.Clean("/" + name)) }

// write puts the manifest into file, instead of the one there.
func (m *Manifest) write(d disk, file string, perm fs.FileMode) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	p, err := begin(d, file, perm)
	if err != nil {
		return err
	}
	defer p.discard()
	if _, err := p.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := p.finish(); err != nil {
		return err
	}
	if err := p.publish(); err != nil {
		return err
	}
	return d.syncFolder(filepath.Dir(file))
}
