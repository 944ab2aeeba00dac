package spool

import (
	"context"

	"github.com/galley-db/galley/internal/evolve"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Describe returns the columns of a table as its writers have fixed them, nil
// where none has.
func (s *Spool) Describe(ctx context.Context, table string) (*schema.Schema, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	_, have, err := s.dir.Schema(table)
	return have, s.wrap(err)
}

// Tables returns the tables whose columns are fixed, by name.
func (s *Spool) Tables(ctx context.Context) ([]*schema.Schema, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	names, err := s.dir.Tables()
	if err != nil {
		return nil, s.wrap(err)
	}
	var tables []*schema.Schema
	for _, name := range names {
		_, have, err := s.dir.Schema(name)
		if err != nil {
			return nil, s.wrap(err)
		}
		if have != nil {
			tables = append(tables, have)
		}
	}
	return tables, nil
}

// Ensure fixes the columns of a table that has none yet, and otherwise compares
// them with want, as [store.Backend] says. The rows that are stored already are
// not touched: what becomes of them is decided when they are collected.
func (s *Spool) Ensure(ctx context.Context, want *schema.Schema, how store.Evolution) error {
	for {
		if err := s.usable(ctx); err != nil {
			return err
		}
		number, have, err := s.dir.Schema(want.Name())
		if err != nil {
			return s.wrap(err)
		}
		next := want
		if have != nil {
			change, refuse := evolve.Changes(want, have, how)
			if len(refuse) > 0 {
				return evolve.Mismatch(how, s.dir.Path(), want, refuse)
			}
			if len(change) == 0 {
				return nil
			}
			if next, err = evolve.Merged(want, have, how); err != nil {
				return s.wrap(err)
			}
		}
		// Another process may have used the number: its columns are looked at.
		if won, err := s.dir.SetSchema(number+1, next); err != nil || won {
			return s.wrap(err)
		}
	}
}
