package freesurfer

// Segment is one structure of a segmentation of the volume.
type Segment struct {
	Subject    string  `db:"subject"`
	Session    string  `db:"session"`
	Atlas      string  `db:"atlas"` // aseg or wmparc
	SegID      int64   `db:"seg_id"`
	StructName string  `db:"struct_name"`
	NVoxels    int64   `db:"n_voxels"`
	VolumeMM3  float64 `db:"volume_mm3"`
	NormMean   float64 `db:"norm_mean"` // intensities of the normalised image
	NormStdDev float64 `db:"norm_std_dev"`
	NormMin    float64 `db:"norm_min"`
	NormMax    float64 `db:"norm_max"`
	NormRange  float64 `db:"norm_range"`
	Task       string  `db:"task,batch,default=''"` // SUBJECT/SESSION/TABLE of the task that saved the row
}

var segmentColumns = []string{
	"SegId", "NVoxels", "Volume_mm3", "StructName",
	"normMean", "normStdDev", "normMin", "normMax", "normRange",
}

// Segments reads aseg.stats and wmparc.stats. Both must be there.
func (s *Session) Segments() ([]Segment, error) {
	var all []Segment
	for _, atlas := range segmentations {
		rows, err := read(s, atlas+suffix, func(in *lines) ([]Segment, error) {
			return readRows(in, segmentColumns, func(r *record) Segment {
				return Segment{
					Subject:    s.Subject,
					Session:    s.Name,
					Atlas:      atlas,
					SegID:      r.count("SegId"),
					StructName: r.text("StructName"),
					NVoxels:    r.count("NVoxels"),
					VolumeMM3:  r.number("Volume_mm3"),
					NormMean:   r.number("normMean"),
					NormStdDev: r.number("normStdDev"),
					NormMin:    r.number("normMin"),
					NormMax:    r.number("normMax"),
					NormRange:  r.number("normRange"),
				}
			})
		})
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}
