package gen

import (
	"errors"
	"testing"

	"github.com/galley-db/galley/internal/testtime"
)

// Sources that do not compile may have types without end.
func TestEndlessTypes(t *testing.T) {
	testtime.Seconds(t)
	for _, text := range []string{
		"type Row struct { A P[int] }\ntype P[T any] struct { A *P[P[T]]; B P2[T] }\ntype P2[T any] struct { C P[P[T]] }",
		"type Row struct { A P[int] }\ntype P[T any] struct { C P[Two[T]] }\ntype Two[T any] struct { A, B T }",
		"type Row struct { A Row }",
		"type Row struct { A [1]Row `db:\",json\"`; B Other }\ntype Other struct { C Row }",
		"type Row struct { Other }\ntype Other struct { *Row }",
		"type Row struct { A Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[Two[int]]]]]]]]]]]]]]]]]] }\ntype Two[T any] struct { A, B T }",
	} {
		s, ok := sourceOf(t, imports+text)
		if !ok {
			t.Fatal(text)
		}
		_, err := s.binders([]string{"Row"}, "/src/row_galley.go")
		bad, ok := errors.AsType[*SourceError](err)
		if !ok || bad.Problems[0].Pos.Line == 0 {
			t.Errorf("%s: error is %v, want a *SourceError with a place", text, err)
		}
	}
}
