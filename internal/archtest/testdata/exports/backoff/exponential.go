package backoff

import "github.com/cenkalti/backoff/v4"

type Exponential struct {
	policy *backoff.ExponentialBackOff
}

func (e Exponential) Policy() *backoff.ExponentialBackOff { return e.policy } // want export
