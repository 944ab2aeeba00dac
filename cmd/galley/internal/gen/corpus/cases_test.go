package corpus

import (
	"testing"
	"time"

	"github.com/galley-db/galley/internal/testtime"
)

// TestBinders runs every comparison on every struct of the corpus.
func TestBinders(t *testing.T) {
	testtime.Minutes(t)
	run(t, BoolsBinder{})
	run(t, IntsBinder{})
	run(t, UintsBinder{})
	run(t, FloatsBinder{})
	run(t, TextsBinder{})
	run(t, BlobsBinder{})
	run(t, TimesBinder{})
	run(t, UnitsBinder{})
	run(t, DurationsBinder{})
	run(t, PointersBinder{})
	run(t, NullsBinder{})
	run(t, NullOptionsBinder{})
	run(t, NaNsBinder{})
	run(t, FullRangeBinder{})
	run(t, FullRangeNullBinder{})
	run(t, VectorsBinder{})
	run(t, ArraysBinder{})
	run(t, NamedVectorsBinder{})
	run(t, DocumentsBinder{})
	run(t, NullDocumentsBinder{})
	run(t, RawDocumentsBinder{})
	run(t, MarshalersBinder{})
	run(t, NullMarshalerBinder{})
	run(t, MarshalerPointersBinder{})
	run(t, NamedKindsBinder{})
	run(t, NamedPointersBinder{})
	run(t, NamedTimesBinder{})
	run(t, ValuedBinder{})
	run(t, ByteArraysBinder{})
	run(t, NestedBinder{})
	run(t, DeepBinder{})
	run(t, EmbeddedBinder{})
	run(t, PromotedBinder{})
	run(t, PrefixedBinder{})
	run(t, KeyedBinder{})
	run(t, ConstrainedBinder{})
	run(t, QuotedBinder{})
	run(t, ShadowedBinder{})
	run(t, BatchedBinder{})
	run(t, WideBinder{})
	run(t, WrappedBinder{})
	run(t, unexportedBinder{})
	run(t, AliasBinder{})
	run[Pair[int]](t, PairIntBinder{})
	run[Pair[time.Time]](t, PairTimeTimeBinder{})
	run[Both[string, *float32]](t, BothStringFloat32Binder{})
}
