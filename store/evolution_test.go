package store

import (
	"fmt"
	"testing"
)

// An Evolution prints its name, by itself and in a struct of options.
func TestEvolutionPrintsItsName(t *testing.T) {
	for e, want := range map[Evolution]string{Strict: "{Strict}", Additive: "{Additive}", Rebuild: "{Rebuild}", RebuildAndDrop: "{RebuildAndDrop}", 7: "{Evolution(7)}"} {
		if got := fmt.Sprint(struct{ Evolve Evolution }{e}); got != want {
			t.Errorf("%d prints as %s, want %s", uint8(e), got, want)
		}
	}
}
