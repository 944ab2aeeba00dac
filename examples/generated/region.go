package main

import "time"

//go:generate go tool galley gen -type Region

// Region is one region of one session, as a pipeline measures it.
type Region struct {
	Session
	Name    string    `db:"region,key"`
	Volume  float64   `db:"volume_mm3,nan=null"`
	Voxels  int       `db:"n_voxels,check=n_voxels >= 0"`
	Scanned time.Time `db:"scanned,time=s"`
	Profile []float32 `db:"profile,null"`
}

// Session says whose a row is; its fields are columns of every row.
type Session struct {
	Subject string `db:"subject,key"`
	Number  uint8  `db:"session,key"`
}
