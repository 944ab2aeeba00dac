package row

import (
	"fmt"
	"strconv"
)

// SessionRows is the number of rows that share a subject and a session.
const SessionRows = 450

// Sample is row A: one region of one session, as an imaging pipeline writes
// it. Subject, session and region repeat, the uid does not.
type Sample struct {
	Subject   string  `db:"subject" gorm:"column:subject" bun:"subject" parquet:"subject"`
	Session   string  `db:"session" gorm:"column:session" bun:"session" parquet:"session"`
	Region    string  `db:"region" gorm:"column:region" bun:"region" parquet:"region"`
	UID       string  `db:"uid" gorm:"column:uid" bun:"uid" parquet:"uid"`
	Volume    float64 `db:"volume" gorm:"column:volume" bun:"volume" parquet:"volume"`
	Area      float64 `db:"area" gorm:"column:area" bun:"area" parquet:"area"`
	Thickness float64 `db:"thickness" gorm:"column:thickness" bun:"thickness" parquet:"thickness"`
	Curvature float64 `db:"curvature" gorm:"column:curvature" bun:"curvature" parquet:"curvature"`
	Voxels    int64   `db:"voxels" gorm:"column:voxels" bun:"voxels" parquet:"voxels"`
	Vertices  int64   `db:"vertices" gorm:"column:vertices" bun:"vertices" parquet:"vertices"`
}

// KeyedSample is a Sample whose galley tags declare the table's key.
type KeyedSample struct {
	Subject   string  `db:"subject,key"`
	Session   string  `db:"session,key"`
	Region    string  `db:"region,key"`
	UID       string  `db:"uid"`
	Volume    float64 `db:"volume"`
	Area      float64 `db:"area"`
	Thickness float64 `db:"thickness"`
	Curvature float64 `db:"curvature"`
	Voxels    int64   `db:"voxels"`
	Vertices  int64   `db:"vertices"`
}

// IndexedSample is a Sample whose galley tags declare an index.
type IndexedSample struct {
	Subject   string  `db:"subject"`
	Session   string  `db:"session"`
	Region    string  `db:"region,index=by_region"`
	UID       string  `db:"uid"`
	Volume    float64 `db:"volume"`
	Area      float64 `db:"area"`
	Thickness float64 `db:"thickness"`
	Curvature float64 `db:"curvature"`
	Voxels    int64   `db:"voxels"`
	Vertices  int64   `db:"vertices"`
}

var sampleColumns = []Column{
	{"subject", Text}, {"session", Text}, {"region", Text}, {"uid", Text},
	{"volume", Real}, {"area", Real}, {"thickness", Real}, {"curvature", Real},
	{"voxels", Int}, {"vertices", Int},
}

// regions are the names of the regions in the order in which a session lists
// them, which is not that of the alphabet.
var regions = func() (names [SessionRows]string) {
	for i := range names {
		// 7 has no factor in common with 450: every number comes once.
		names[i] = fmt.Sprintf("ctx-region-%03d", (i*7+13)%SessionRows)
	}
	return names
}()

// fillSamples makes rows from, from+1 and so on. Rows of a session share the
// strings of subject and session, as rows parsed from one file do.
func fillSamples[T Sample | KeyedSample | IndexedSample](rows []T, from int) {
	last := -1
	var subject, session string
	for j := range rows {
		i := from + j
		if n := i / SessionRows; n != last {
			last = n
			subject = fmt.Sprintf("sub-%06d", n/2)
			session = fmt.Sprintf("ses-%02d", n%2+1)
		}
		h := mix(uint64(i))
		rows[j] = T(Sample{
			Subject:   subject,
			Session:   session,
			Region:    regions[i%SessionRows],
			UID:       strconv.FormatUint(h|1<<63, 16),
			Volume:    real(h),
			Area:      real(mix(h + 1)),
			Thickness: real(mix(h+2)) / 200,
			Curvature: real(mix(h+3))/1000 - 0.5,
			Voxels:    int64(h % 20000),
			Vertices:  int64(h>>20) % 5000,
		})
	}
}

// Bind implements [Batch] for one row.
func (s *Sample) Bind(b Binder) error {
	b.Text(0, s.Subject)
	b.Text(1, s.Session)
	b.Text(2, s.Region)
	b.Text(3, s.UID)
	b.Real(4, s.Volume)
	b.Real(5, s.Area)
	b.Real(6, s.Thickness)
	b.Real(7, s.Curvature)
	b.Int(8, s.Voxels)
	b.Int(9, s.Vertices)
	return b.Err()
}

// Args appends the row's values.
func (s *Sample) Args(dst []any) []any {
	return append(dst, s.Subject, s.Session, s.Region, s.UID,
		s.Volume, s.Area, s.Thickness, s.Curvature, s.Voxels, s.Vertices)
}

// Dest appends pointers to the row's fields, for Scan.
func (s *Sample) Dest(dst []any) []any {
	return append(dst, &s.Subject, &s.Session, &s.Region, &s.UID,
		&s.Volume, &s.Area, &s.Thickness, &s.Curvature, &s.Voxels, &s.Vertices)
}

func (s *Sample) sum() float64 { return float64(s.Voxels) }

// Bind implements [Batch] for one row.
func (s *KeyedSample) Bind(b Binder) error { return (*Sample)(s).Bind(b) }

// Args appends the row's values.
func (s *KeyedSample) Args(dst []any) []any { return (*Sample)(s).Args(dst) }

func (s *KeyedSample) sum() float64 { return float64(s.Voxels) }

// Bind implements [Batch] for one row.
func (s *IndexedSample) Bind(b Binder) error { return (*Sample)(s).Bind(b) }

// Args appends the row's values.
func (s *IndexedSample) Args(dst []any) []any { return (*Sample)(s).Args(dst) }

func (s *IndexedSample) sum() float64 { return float64(s.Voxels) }

// Tally is that of one row.
func (s *Sample) Tally() Tally { return Tally{1, float64(s.Voxels)} }
