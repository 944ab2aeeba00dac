package freesurfer

// Parcel is one region of a parcellation of the cortex.
type Parcel struct {
	Subject    string  `db:"subject"`
	Session    string  `db:"session"`
	Hemi       string  `db:"hemi"`  // lh or rh
	Atlas      string  `db:"atlas"` // such as aparc or aparc.DKTatlas
	StructName string  `db:"struct_name"`
	NumVert    int64   `db:"num_vert"`
	SurfArea   float64 `db:"surf_area"` // mm²
	GrayVol    float64 `db:"gray_vol"`  // mm³
	ThickAvg   float64 `db:"thick_avg"` // mm
	ThickStd   float64 `db:"thick_std"` // mm
	MeanCurv   float64 `db:"mean_curv"` // 1/mm
	GausCurv   float64 `db:"gaus_curv"` // 1/mm²
	FoldInd    float64 `db:"fold_ind"`
	CurvInd    float64 `db:"curv_ind"`
	Task       string  `db:"task,batch,default=''"` // SUBJECT/SESSION/TABLE of the task that saved the row
}

var parcelColumns = []string{
	"StructName", "NumVert", "SurfArea", "GrayVol", "ThickAvg",
	"ThickStd", "MeanCurv", "GausCurv", "FoldInd", "CurvInd",
}

// readParcels reads the rows of one atlas of one hemisphere.
func readParcels(in *lines, h *header, s *Session, name string) ([]Parcel, error) {
	hemi, atlas := atlasOf(name)
	return readRows(in, h, parcelColumns, func(r *record) Parcel {
		return Parcel{
			Subject:    s.Subject,
			Session:    s.Name,
			Hemi:       hemi,
			Atlas:      atlas,
			StructName: r.text("StructName"),
			NumVert:    r.count("NumVert"),
			SurfArea:   r.number("SurfArea"),
			GrayVol:    r.number("GrayVol"),
			ThickAvg:   r.number("ThickAvg"),
			ThickStd:   r.number("ThickStd"),
			MeanCurv:   r.number("MeanCurv"),
			GausCurv:   r.number("GausCurv"),
			FoldInd:    r.number("FoldInd"),
			CurvInd:    r.number("CurvInd"),
		}
	})
}
