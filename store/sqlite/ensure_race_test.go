package sqlite

import (
	"fmt"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// TestEnsureBesideEvolve: a table that gains one column after another is never
// mistaken for a table that another program altered, whichever process opens it
// meanwhile.
func TestEnsureBesideEvolve(t *testing.T) {
	testtime.Seconds(t)
	db := openTest(t, tempPath(t), Options{CacheKiB: 1000})
	first := ensured(t, db)
	evolved := make(chan error, 1)
	go func() {
		columns := first.Columns()
		for i := range 150 {
			columns = append(columns[:len(columns):len(columns)], schema.Column{Name: fmt.Sprintf("more%d", i), Type: schema.Int64, Nullable: true})
			s, err := schema.New(first.Name(), columns)
			if err == nil {
				err = db.Ensure(t.Context(), s, store.Additive)
			}
			if err != nil {
				evolved <- err
				return
			}
		}
		evolved <- nil
	}()
	for n := 0; ; n++ {
		select {
		case err := <-evolved:
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("opened %d times meanwhile", n)
			return
		default:
		}
		if err := db.Ensure(t.Context(), first, store.Additive); err != nil {
			t.Errorf("opened the %d. time: %v", n, err)
			<-evolved
			return
		}
	}
}
