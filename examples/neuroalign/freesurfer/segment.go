package freesurfer

import "strings"

// Segment is one structure of a segmentation of the volume, with the
// intensities of an image in it.
type Segment struct {
	Subject    string  `db:"subject"`
	Session    string  `db:"session"`
	Atlas      string  `db:"atlas"` // such as aseg or wmparc
	SegID      int64   `db:"seg_id"`
	StructName string  `db:"struct_name"`
	NVoxels    int64   `db:"n_voxels"`
	VolumeMM3  float64 `db:"volume_mm3"`
	NormMean   float64 `db:"norm_mean"` // intensities, of the normalized image as a rule
	NormStdDev float64 `db:"norm_std_dev"`
	NormMin    float64 `db:"norm_min"`
	NormMax    float64 `db:"norm_max"`
	NormRange  float64 `db:"norm_range"`
	Task       string  `db:"task,batch,default=''"` // SUBJECT/SESSION/TABLE of the task that saved the row
}

// readSegments reads the rows of one segmentation. The image whose intensities
// it has is norm in FreeSurfer's own files; others have other names.
func readSegments(in *lines, h *header, s *Session, name string) ([]Segment, error) {
	image := h.intensity()
	columns := []string{
		"SegId", "NVoxels", "Volume_mm3", "StructName",
		image + "Mean", image + "StdDev", image + "Min", image + "Max", image + "Range",
	}
	return readRows(in, h, columns, func(r *record) Segment {
		return Segment{
			Subject:    s.Subject,
			Session:    s.Name,
			Atlas:      strings.TrimSuffix(name, suffix),
			SegID:      r.count("SegId"),
			StructName: r.text("StructName"),
			NVoxels:    r.count("NVoxels"),
			VolumeMM3:  r.number("Volume_mm3"),
			NormMean:   r.number(image + "Mean"),
			NormStdDev: r.number(image + "StdDev"),
			NormMin:    r.number(image + "Min"),
			NormMax:    r.number(image + "Max"),
			NormRange:  r.number(image + "Range"),
		}
	})
}
