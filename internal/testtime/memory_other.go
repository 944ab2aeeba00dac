//go:build !linux

package testtime

// memoryFolder returns "": the system has no folder in memory that is always there.
func memoryFolder() string { return "" }
