package freesurfer

// Overlay is what the values on the surface are in one region of the cortex,
// such as the contrast of gray and white matter in w-g.pct.
type Overlay struct {
	Subject    string  `db:"subject"`
	Session    string  `db:"session"`
	Hemi       string  `db:"hemi"`  // lh or rh
	Atlas      string  `db:"atlas"` // the file's name, such as w-g.pct
	SegID      int64   `db:"seg_id"`
	StructName string  `db:"struct_name"`
	NVertices  int64   `db:"n_vertices"`
	AreaMM2    float64 `db:"area_mm2"`
	Mean       float64 `db:"mean"`
	StdDev     float64 `db:"std_dev"`
	Min        float64 `db:"min"`
	Max        float64 `db:"max"`
	Range      float64 `db:"range"`
	SNR        float64 `db:"snr,nan=null"`          // mean over deviation; NULL where the deviation is 0
	Task       string  `db:"task,batch,default=''"` // SUBJECT/SESSION/TABLE of the task that saved the row
}

// readOverlays reads the rows of one overlay of one hemisphere.
func readOverlays(in *lines, h *header, s *Session, name string) ([]Overlay, error) {
	hemi, atlas := atlasOf(name)
	image := h.intensity()
	columns := []string{
		"SegId", "NVertices", "Area_mm2", "StructName",
		image + "Mean", image + "StdDev", image + "Min", image + "Max", image + "Range",
	}
	return readRows(in, h, columns, func(r *record) Overlay {
		return Overlay{
			Subject:    s.Subject,
			Session:    s.Name,
			Hemi:       hemi,
			Atlas:      atlas,
			SegID:      r.count("SegId"),
			StructName: r.text("StructName"),
			NVertices:  r.count("NVertices"),
			AreaMM2:    r.number("Area_mm2"),
			Mean:       r.number(image + "Mean"),
			StdDev:     r.number(image + "StdDev"),
			Min:        r.number(image + "Min"),
			Max:        r.number(image + "Max"),
			Range:      r.number(image + "Range"),
			SNR:        r.ratio("SNR"),
		}
	})
}
