//go:build !chdb

package lake_test

import "testing"

// TestClickHouse needs ClickHouse's engine, a library of 566 MB.
func TestClickHouse(t *testing.T) {
	t.Skip("needs ClickHouse's engine; make lab-lake fetches it and runs this test")
}

// TestMainJob needs it, too.
func TestMainJob(t *testing.T) {
	t.Skip("needs ClickHouse's engine; make lab-lake fetches it and runs this test")
}
