//go:build !linux

package postgres_test

import "time"

func pause(d time.Duration) { time.Sleep(d) }
