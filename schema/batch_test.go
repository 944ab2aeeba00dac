package schema_test

import (
	"errors"
	"testing"

	"github.com/galley-db/galley/schema"
)

// TestBatchColumn finds the one column that holds the batch's key, and
// refuses a second.
func TestBatchColumn(t *testing.T) {
	s, err := schema.Of[struct {
		A string
		B string `db:"source,batch"`
	}]()
	if err != nil {
		t.Fatal(err)
	}
	if s.Batch() != 1 || s.Columns()[1].Spec() != "text batch" {
		t.Errorf("Batch is %d, the spec %q", s.Batch(), s.Columns()[1].Spec())
	}
	_, err = schema.Of[struct {
		A string `db:",batch"`
		B string `db:",batch"`
	}]()
	var tag *schema.TagError
	if !errors.As(err, &tag) || len(tag.Problems) != 1 || tag.Problems[0].Field != "B" {
		t.Errorf("two batch columns: error is %v, want a *TagError of B", err)
	}
	var column *schema.ColumnError
	_, err = schema.New("t", []schema.Column{{Name: "a", Type: schema.Text, Batch: true}, {Name: "b", Type: schema.Text, Batch: true}})
	if !errors.As(err, &column) || column.Column != "b" {
		t.Errorf("two batch columns: error is %v, want a *ColumnError of b", err)
	}
}
