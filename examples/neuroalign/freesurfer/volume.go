package freesurfer

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Volume is one structure of a segmentation of the volume, without
// intensities: subfields of the hippocampus, nuclei of the amygdala and the
// thalamus, parts of the brain stem.
type Volume struct {
	Subject    string          `db:"subject"`
	Session    string          `db:"session"`
	Hemi       string          `db:"hemi"`  // lh or rh, "" where the file has both
	Atlas      string          `db:"atlas"` // such as hipposubfields.T1.v22 or brainstem.v13
	StructName string          `db:"struct_name"`
	VolumeMM3  float64         `db:"volume_mm3"`
	SegID      sql.Null[int64] `db:"seg_id"`                // NULL where the file has no identifiers that mean something
	NVoxels    sql.Null[int64] `db:"n_voxels"`              // NULL where the file does not count voxels
	Task       string          `db:"task,batch,default=''"` // SUBJECT/SESSION/TABLE of the task that saved the row
}

// readVolumes reads a statistics file that has no columns of intensities.
func readVolumes(in *lines, h *header, s *Session, name string) ([]Volume, error) {
	make := volumesOf(s, name)
	return readRows(in, h, []string{"SegId", "NVoxels", "Volume_mm3", "StructName"}, func(r *record) Volume {
		v := make(r.text("StructName"), r.number("Volume_mm3"))
		v.SegID = sql.Null[int64]{V: r.count("SegId"), Valid: true}
		v.NVoxels = sql.Null[int64]{V: r.count("NVoxels"), Valid: true}
		return v
	})
}

// readNumberedVolumes reads rows of NUMBER NUMBER 0 VOLUME STRUCTURE below a
// comment: FreeSurfer makes such files of the lists of [readVolumeList]. The
// numbers are those of the lines.
func readNumberedVolumes(in *lines, h *header, s *Session, name string) ([]Volume, error) {
	columns := []string{"Index", "SegId", "NVoxels", "Volume_mm3", "StructName"}
	if len(strings.Fields(h.first)) != len(columns) {
		return nil, in.fail("no '# ColHeaders' line up to here", "one before the first row")
	}
	h.columns, h.line = columns, in.n
	make := volumesOf(s, name)
	return readRows(in, h, columns, func(r *record) Volume {
		r.count("Index")
		return make(r.text("StructName"), r.number("Volume_mm3"))
	})
}

// readVolumeList reads rows of STRUCTURE VOLUME.
func readVolumeList(in *lines, s *Session, name string) ([]Volume, error) {
	make := volumesOf(s, name)
	line, err := in.next()
	if errors.Is(err, io.EOF) {
		return nil, &ParseError{File: in.file, Got: "an empty file", Want: "structures and their volumes"}
	}
	if err != nil {
		return nil, err
	}
	h := &header{columns: []string{"StructName", "Volume_mm3"}, line: 1, count: -1, first: line}
	return readRows(in, h, h.columns, func(r *record) Volume {
		return make(r.text("StructName"), r.number("Volume_mm3"))
	})
}

// readVolumeTable reads a table of one row, as mri_synthseg and the
// segmentation of the hypothalamus write it: the structures in the first line,
// their volumes in the second, and the image's name before them.
func readVolumeTable(in *lines, s *Session, name string) ([]Volume, error) {
	var table [][]string
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		cells, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil {
			return nil, in.fail(fmt.Sprintf("%.40q", line), "values with commas between them")
		}
		table = append(table, cells)
	}
	switch {
	case len(table) != 2:
		return nil, &ParseError{File: in.file, Got: counted(len(table), "line"), Want: "2: structures, and the volumes of one session"}
	case len(table[0]) != len(table[1]):
		return nil, in.fail(counted(len(table[1]), "value"), fmt.Sprintf("%d, one for each structure", len(table[0])))
	}
	make := volumesOf(s, name)
	var rows []Volume
	seen := map[string]bool{}
	for i := 1; i < len(table[0]); i++ {
		structure := strings.TrimSpace(table[0][i])
		volume, err := number(strings.TrimSpace(table[1][i]))
		switch {
		case err != nil:
			return nil, in.fail(fmt.Sprintf("%q as the volume of %s", table[1][i], structure), "a finite number")
		case seen[structure]:
			return nil, in.fail("the structure "+structure+" again", "each structure once")
		}
		seen[structure] = true
		rows = append(rows, make(structure, volume))
	}
	return rows, nil
}

// volumesOf returns a function that makes the rows of a file.
func volumesOf(s *Session, name string) func(structure string, volume float64) Volume {
	hemi, atlas := atlasOf(name)
	return func(structure string, volume float64) Volume {
		return Volume{
			Subject:    s.Subject,
			Session:    s.Name,
			Hemi:       hemi,
			Atlas:      atlas,
			StructName: structure,
			VolumeMM3:  volume,
		}
	}
}
