package freesurfer

// Parcel is one region of a parcellation of the cortex.
type Parcel struct {
	Subject    string  `db:"subject"`
	Session    string  `db:"session"`
	Hemi       string  `db:"hemi"`  // lh or rh
	Atlas      string  `db:"atlas"` // aparc, aparc.a2009s or aparc.DKTatlas
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

// Parcels reads the files of all three atlases and both hemispheres. All six
// must be there: half a cortex is no session.
func (s *Session) Parcels() ([]Parcel, error) {
	var all []Parcel
	for _, atlas := range parcellations {
		for _, hemi := range hemispheres {
			rows, err := read(s, hemi+"."+atlas+suffix, func(in *lines) ([]Parcel, error) {
				return readRows(in, parcelColumns, func(r *record) Parcel {
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
			})
			if err != nil {
				return nil, err
			}
			all = append(all, rows...)
		}
	}
	return all, nil
}
