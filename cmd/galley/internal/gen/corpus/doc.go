// Package corpus holds structs of every sort that a table can be made of, and
// their generated binders, which the tests compare with the reflective ones.
package corpus

//go:generate go tool galley gen -o corpus_galley.go -type "Bools,Ints,Uints,Floats,Texts,Blobs,Times,Units,Durations,Pointers,Nulls,NullOptions,NaNs,FullRange,FullRangeNull,Vectors,Arrays,NamedVectors,Documents,NullDocuments,RawDocuments,Marshalers,NullMarshaler,MarshalerPointers,NamedKinds,NamedPointers,NamedTimes,Valued,ByteArrays,Nested,Deep,Embedded,Promoted,Prefixed,Keyed,Constrained,Quoted,Shadowed,Batched,Wide,Wrapped,unexported,Alias,Pair[int],Pair[time.Time],Both[string,*float32]"
