package backoff

import (
	"context"
	"testing"
)

func succeed(context.Context) error { return nil }

func TestSuccessAtOnceAllocatesNothing(t *testing.T) {
	for _, r := range []Retrier{Exponential{}, None()} {
		ctx := t.Context()
		if n := testing.AllocsPerRun(1000, func() {
			if err := r.Do(ctx, succeed, isBusy); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%T: %v allocations for an operation that succeeds at once, want 0", r, n)
		}
	}
}

func BenchmarkSuccessAtOnce(b *testing.B) {
	for name, r := range map[string]Retrier{"exponential": Exponential{}, "none": None()} {
		b.Run(name, func(b *testing.B) {
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Do(ctx, succeed, isBusy); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
