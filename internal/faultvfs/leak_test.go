package faultvfs

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/testtime"
)

// TestMain fails when a goroutine is left at the end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(testtime.Tests{M: m}) }
