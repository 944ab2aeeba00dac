package row

import (
	"fmt"
	"time"
)

// User is a row of the public comparison of Go's drivers
// (https://github.com/cvilsmeier/go-sqlite-bench): a table with an integer key
// and one index.
type User struct {
	ID      int64     `db:"id,key"`
	Created time.Time `db:"created,time=ms,index"`
	Email   string    `db:"email"`
	Active  bool      `db:"active"`
}

var usersColumns = []Column{{"id", Int}, {"created", Int}, {"email", Text}, {"active", Int}}

// firstUser is when the first user was created, in milliseconds since 1970; each
// further one follows a minute later.
const firstUser = 1_696_154_400_000

// usersSum adds up the times of the users whose every value is right.
const usersSum = "sum(iif(created = 1696154400000 + (id - 1) * 60000" +
	" AND email = printf('user%08d@example.com', id) AND active = (id % 3 > 0), created, 0))"

// fillUsers makes rows from, from+1 and so on: user 1 is row 0.
func fillUsers(rows []User, from int) {
	for j := range rows {
		id := int64(from + j + 1)
		rows[j] = User{
			ID:      id,
			Created: time.UnixMilli(firstUser + (id-1)*time.Minute.Milliseconds()).UTC(),
			Email:   fmt.Sprintf("user%08d@example.com", id),
			Active:  id%3 > 0,
		}
	}
}

// Bind implements [Batch] for one row.
func (u *User) Bind(b Binder) error {
	b.Int(0, u.ID)
	b.Int(1, u.Created.UnixMilli())
	b.Text(2, u.Email)
	b.Int(3, u.active())
	return b.Err()
}

// Args appends the row's values.
func (u *User) Args(dst []any) []any {
	return append(dst, u.ID, u.Created.UnixMilli(), u.Email, u.active())
}

func (u *User) active() int64 {
	if u.Active {
		return 1
	}
	return 0
}

func (u *User) sum() float64 { return float64(u.Created.UnixMilli()) }

// Tally is that of one row.
func (u *User) Tally() Tally { return Tally{1, u.sum()} }

// UserOf is a user with the values of the table's columns.
func UserOf(id, created int64, email string, active int64) User {
	return User{ID: id, Created: time.UnixMilli(created).UTC(), Email: email, Active: active != 0}
}
