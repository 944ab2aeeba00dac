package observe

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a goroutine is left at the end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
