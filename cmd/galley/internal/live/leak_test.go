package live

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/testtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testtime.Tests{M: m}) }
