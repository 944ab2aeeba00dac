package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
)

// TestMain fails when a goroutine is left at the end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(testtime.Tests{M: pgcluster.Tests{M: m}}) }

func TestRun(t *testing.T) {
	testtime.Seconds(t)
	url := pgcluster.URL(t)
	schema := fmt.Sprintf("galley_example_%d", os.Getpid())
	t.Cleanup(func() {
		ctx := context.Background()
		c, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(ctx)
		if _, err := c.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	if err := run(t.Context(), url, schema, &out); err != nil {
		t.Fatal(err)
	}
	want := `rows: 8
new: 1 changed: 1 as it was: 1
Left-Caudate: 3361.00 (2)
Left-Pallidum: 2011.75 (1)
Left-Putamen: 4795.38 (2)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}
