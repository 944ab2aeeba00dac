package main

import (
	"context"
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// verify holds what is in the database against what was acknowledged.
func verify(db *sqlite.DB, acks *ledger, r *report) error {
	ctx := context.Background()
	damage := 0
	whole, err := schema.New("integrity", []schema.Column{{Name: "said", Type: schema.Text}})
	if err != nil {
		return err
	}
	err = db.Query(ctx, store.Select{Schema: whole, SQL: "SELECT integrity_check AS said FROM pragma_integrity_check"},
		func(v schema.Reader) (bool, error) {
			if v.Text(0) != "ok" {
				damage++
				r.event("error", "integrity check: "+v.Text(0))
			}
			return true, nil
		})
	if err != nil {
		return err
	}
	found := map[string]bool{}
	lost, doubled, torn := 0, 0, 0
	counts, err := schema.New("counts", []schema.Column{
		{Name: "batch", Type: schema.Text}, {Name: "rows", Type: schema.Int64}, {Name: "different", Type: schema.Int64},
		{Name: "n", Type: schema.Int64},
	})
	if err != nil {
		return err
	}
	err = db.Query(ctx, store.Select{Schema: counts,
		SQL: `SELECT batch, count(*) AS "rows", count(DISTINCT i) AS different, max(n) AS n FROM "row" GROUP BY batch`},
		func(v schema.Reader) (bool, error) {
			found[v.Text(0)] = true
			switch rows, different, n := v.Int64(1), v.Int64(2), v.Int64(3); {
			case rows > different:
				doubled++
			case rows != n:
				torn++
			}
			return true, nil
		})
	if err != nil {
		return err
	}
	for key := range acks.rows {
		if !found[key] {
			lost++
			r.event("error", "lost: "+key)
		}
	}
	r.verdict(lost, doubled, torn, damage)
	if lost+doubled+torn+damage > 0 {
		return fmt.Errorf("%d lost, %d doubled, %d torn, %d damaged", lost, doubled, torn, damage)
	}
	return nil
}
