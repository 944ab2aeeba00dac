//go:build !unix

package pgcluster

import "os/exec"

// account is this process's own: PostgreSQL gives up an administrator's rights
// by itself.
type account struct{}

func unprivileged() (account, error) { return account{}, nil }

func (account) use(*exec.Cmd) {}

func (tools) own(string) error { return nil }
