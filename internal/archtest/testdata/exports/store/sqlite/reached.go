package sqlite

import engine "github.com/ncruces/go-sqlite3"

type Rows struct{}

func (r *Rows) All() *cursor { return nil }

type cursor struct{}

func (c *cursor) Stmt() *engine.Stmt { return nil } // want export

func (c *cursor) stmt() *engine.Stmt { return nil }

type box[T any] struct{}

func (b *box[T]) Stmt() *engine.Stmt { return nil } // want export

func Boxed() box[int] { return box[int]{} }
