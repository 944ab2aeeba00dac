// Package generic has types with parameters.
package generic

import "net/netip"

// Pair is two of a kind.
type Pair[T any] struct {
	First  T
	Second *T
}

// Hosts is another name of an instance.
type Hosts = Pair[netip.Addr]
