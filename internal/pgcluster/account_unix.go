//go:build unix

package pgcluster

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user that a server runs as: PostgreSQL refuses root.
type account struct {
	other    bool // another than this process's
	uid, gid uint32
}

// unprivileged is this process's own account, or for root an account
// without privileges.
func unprivileged() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return account{}, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		return account{true, uint32(uid), uint32(gid)}, err
	}
	return account{}, errors.New("root cannot run PostgreSQL, and there is no user postgres or nobody")
}

func (a account) use(cmd *exec.Cmd) {
	if a.other {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
	}
}

// own gives a folder to the account.
func (t tools) own(dir string) error {
	if !t.account.other {
		return nil
	}
	return os.Chown(dir, int(t.account.uid), int(t.account.gid))
}
