// Package region is an ordinary row.
package region

import (
	"database/sql"
	"time"
)

// Region is one region of one session.
type Region struct {
	Subject string    `db:"subject,key"`
	Session string    `db:"session,key"`
	Hemi    Hemi      `db:"hemi,key"`
	Volume  float64   `db:"volume_mm3,nan=null,check=volume_mm3 >= 0"`
	Voxels  int32     `db:"n_voxels,index"`
	Scanned time.Time `db:"scanned,time=s"`
	Note    sql.Null[string]
	Profile []float32      `db:",dim=16"`
	Extra   map[string]any `db:",json,null"`
	cached  bool
}

// Hemi is a hemisphere.
type Hemi string
