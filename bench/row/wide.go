package row

import "fmt"

// Wide is row B: 40 reals, as an embedding or a row of a matrix is stored.
type Wide struct {
	V00 float64 `db:"v00" gorm:"column:v00" bun:"v00" parquet:"v00"`
	V01 float64 `db:"v01" gorm:"column:v01" bun:"v01" parquet:"v01"`
	V02 float64 `db:"v02" gorm:"column:v02" bun:"v02" parquet:"v02"`
	V03 float64 `db:"v03" gorm:"column:v03" bun:"v03" parquet:"v03"`
	V04 float64 `db:"v04" gorm:"column:v04" bun:"v04" parquet:"v04"`
	V05 float64 `db:"v05" gorm:"column:v05" bun:"v05" parquet:"v05"`
	V06 float64 `db:"v06" gorm:"column:v06" bun:"v06" parquet:"v06"`
	V07 float64 `db:"v07" gorm:"column:v07" bun:"v07" parquet:"v07"`
	V08 float64 `db:"v08" gorm:"column:v08" bun:"v08" parquet:"v08"`
	V09 float64 `db:"v09" gorm:"column:v09" bun:"v09" parquet:"v09"`
	V10 float64 `db:"v10" gorm:"column:v10" bun:"v10" parquet:"v10"`
	V11 float64 `db:"v11" gorm:"column:v11" bun:"v11" parquet:"v11"`
	V12 float64 `db:"v12" gorm:"column:v12" bun:"v12" parquet:"v12"`
	V13 float64 `db:"v13" gorm:"column:v13" bun:"v13" parquet:"v13"`
	V14 float64 `db:"v14" gorm:"column:v14" bun:"v14" parquet:"v14"`
	V15 float64 `db:"v15" gorm:"column:v15" bun:"v15" parquet:"v15"`
	V16 float64 `db:"v16" gorm:"column:v16" bun:"v16" parquet:"v16"`
	V17 float64 `db:"v17" gorm:"column:v17" bun:"v17" parquet:"v17"`
	V18 float64 `db:"v18" gorm:"column:v18" bun:"v18" parquet:"v18"`
	V19 float64 `db:"v19" gorm:"column:v19" bun:"v19" parquet:"v19"`
	V20 float64 `db:"v20" gorm:"column:v20" bun:"v20" parquet:"v20"`
	V21 float64 `db:"v21" gorm:"column:v21" bun:"v21" parquet:"v21"`
	V22 float64 `db:"v22" gorm:"column:v22" bun:"v22" parquet:"v22"`
	V23 float64 `db:"v23" gorm:"column:v23" bun:"v23" parquet:"v23"`
	V24 float64 `db:"v24" gorm:"column:v24" bun:"v24" parquet:"v24"`
	V25 float64 `db:"v25" gorm:"column:v25" bun:"v25" parquet:"v25"`
	V26 float64 `db:"v26" gorm:"column:v26" bun:"v26" parquet:"v26"`
	V27 float64 `db:"v27" gorm:"column:v27" bun:"v27" parquet:"v27"`
	V28 float64 `db:"v28" gorm:"column:v28" bun:"v28" parquet:"v28"`
	V29 float64 `db:"v29" gorm:"column:v29" bun:"v29" parquet:"v29"`
	V30 float64 `db:"v30" gorm:"column:v30" bun:"v30" parquet:"v30"`
	V31 float64 `db:"v31" gorm:"column:v31" bun:"v31" parquet:"v31"`
	V32 float64 `db:"v32" gorm:"column:v32" bun:"v32" parquet:"v32"`
	V33 float64 `db:"v33" gorm:"column:v33" bun:"v33" parquet:"v33"`
	V34 float64 `db:"v34" gorm:"column:v34" bun:"v34" parquet:"v34"`
	V35 float64 `db:"v35" gorm:"column:v35" bun:"v35" parquet:"v35"`
	V36 float64 `db:"v36" gorm:"column:v36" bun:"v36" parquet:"v36"`
	V37 float64 `db:"v37" gorm:"column:v37" bun:"v37" parquet:"v37"`
	V38 float64 `db:"v38" gorm:"column:v38" bun:"v38" parquet:"v38"`
	V39 float64 `db:"v39" gorm:"column:v39" bun:"v39" parquet:"v39"`
}

// fields are pointers to the reals in the order of the columns.
func (w *Wide) fields() [40]*float64 {
	return [40]*float64{
		&w.V00, &w.V01, &w.V02, &w.V03, &w.V04, &w.V05, &w.V06, &w.V07, &w.V08, &w.V09,
		&w.V10, &w.V11, &w.V12, &w.V13, &w.V14, &w.V15, &w.V16, &w.V17, &w.V18, &w.V19,
		&w.V20, &w.V21, &w.V22, &w.V23, &w.V24, &w.V25, &w.V26, &w.V27, &w.V28, &w.V29,
		&w.V30, &w.V31, &w.V32, &w.V33, &w.V34, &w.V35, &w.V36, &w.V37, &w.V38, &w.V39,
	}
}

var wideColumns = func() []Column {
	columns := make([]Column, 40)
	for i := range columns {
		columns[i] = Column{fmt.Sprintf("v%02d", i), Real}
	}
	return columns
}()

func fillWide(rows []Wide, from int) {
	for j := range rows {
		for k, v := range rows[j].fields() {
			*v = real(mix(uint64(from+j)*40 + uint64(k)))
		}
	}
}

// Bind implements [Batch] for one row.
func (w *Wide) Bind(b Binder) error {
	for i, v := range w.fields() {
		b.Real(i, *v)
	}
	return b.Err()
}

// Args appends the row's values.
func (w *Wide) Args(dst []any) []any {
	for _, v := range w.fields() {
		dst = append(dst, *v)
	}
	return dst
}

func (w *Wide) sum() float64 { return w.V00 }
