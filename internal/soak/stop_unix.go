//go:build unix

package main

import (
	"os"
	"syscall"
)

func stop(p *os.Process) bool { return p.Signal(syscall.SIGSTOP) == nil }
func resume(p *os.Process)    { p.Signal(syscall.SIGCONT) }
