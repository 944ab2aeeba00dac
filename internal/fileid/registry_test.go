package fileid

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var errOpen = errors.New("cannot open")

func one() (int, error)  { return 1, nil }
func fail() (int, error) { return 7, errOpen }

func TestOpenRunsOnceForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Registry[int]
		proceed := make(chan struct{})
		var opens atomic.Int32
		for range 10 {
			go func() {
				if v, err := r.Acquire(ID{1, 1}, func() (int, error) {
					opens.Add(1)
					<-proceed
					return 5, nil
				}); v != 5 || err != nil {
					t.Errorf("Acquire = %v, %v; want 5", v, err)
				}
			}()
		}
		synctest.Wait()
		// Another id is not held up meanwhile.
		if v, err := r.Acquire(ID{1, 2}, one); v != 1 || err != nil {
			t.Errorf("Acquire of another id = %v, %v", v, err)
		}
		if diff := cmp.Diff([]int{10, 1, 0}, []int{r.Refs(ID{1, 1}), r.Refs(ID{1, 2}), r.Refs(ID{})}); diff != "" {
			t.Errorf("Refs (-want +got):\n%s", diff)
		}
		close(proceed)
		synctest.Wait()
		if opens.Load() != 1 {
			t.Errorf("open ran %d times, want once", opens.Load())
		}
	})
}

func TestFailedOpenFailsAllWhoWaitAndIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Registry[int]
		proceed := make(chan struct{})
		for range 10 {
			go func() {
				if v, err := r.Acquire(ID{1, 1}, func() (int, error) { <-proceed; return fail() }); v != 0 || err != errOpen {
					t.Errorf("Acquire = %v, %v; want 0 and the error of open", v, err)
				}
			}()
		}
		synctest.Wait()
		close(proceed)
		synctest.Wait()
		if n := r.Refs(ID{1, 1}); n != 0 {
			t.Errorf("%d references after open failed", n)
		}
		if v, err := r.Acquire(ID{1, 1}, one); v != 1 || err != nil {
			t.Errorf("Acquire after a failure = %v, %v; want 1", v, err)
		}
	})
}

// Neither a panic nor the end of the goroutine in open or close leaves anybody
// waiting for ever.
func TestPanicAndGoexitWakeThoseWhoWait(t *testing.T) {
	for name, end := range map[string]func(){"panic": func() { panic("test") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r Registry[int]
				proceed := make(chan struct{})
				go func() {
					defer func() { _ = recover() }()
					r.Acquire(ID{1, 1}, func() (int, error) { <-proceed; end(); return 0, nil })
				}()
				synctest.Wait()
				var waited error
				go func() { _, waited = r.Acquire(ID{1, 1}, one) }()
				synctest.Wait()
				close(proceed)
				synctest.Wait()
				if waited == nil || r.Refs(ID{1, 1}) != 0 {
					t.Errorf("who waited got %v, and %d references are left", waited, r.Refs(ID{1, 1}))
				}
				if _, err := r.Acquire(ID{1, 1}, one); err != nil {
					t.Fatal(err)
				}
				go func() {
					defer func() { _ = recover() }()
					r.Release(ID{1, 1}, func(int) error { end(); return nil })
				}()
				synctest.Wait()
				if _, err := r.Acquire(ID{1, 1}, one); err != nil {
					t.Errorf("Acquire after close ended so = %v", err)
				}
			})
		})
	}
}

func TestAcquireWaitsForTheClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Registry[int]
		if _, err := r.Acquire(ID{1, 1}, one); err != nil {
			t.Fatal(err)
		}
		proceed := make(chan struct{})
		errClose := errors.New("cannot close")
		var closed, reopened atomic.Bool
		go func() {
			last, err := r.Release(ID{1, 1}, func(v int) error { <-proceed; closed.Store(v == 1); return errClose })
			if !last || err != errClose {
				t.Errorf("Release = %v, %v; want the last one and the error of close", last, err)
			}
		}()
		synctest.Wait()
		if _, err := r.Release(ID{1, 1}, nil); !errors.Is(err, ErrNotHeld) || r.Refs(ID{1, 1}) != 0 {
			t.Errorf("Release during the close = %v, with %d references; want ErrNotHeld and none", err, r.Refs(ID{1, 1}))
		}
		go func() {
			v, err := r.Acquire(ID{1, 1}, func() (int, error) {
				if !closed.Load() {
					t.Error("opened anew before it was closed")
				}
				return 2, nil
			})
			if v != 2 || err != nil {
				t.Errorf("Acquire = %v, %v; want a new value", v, err)
			}
			reopened.Store(true)
		}()
		synctest.Wait()
		if reopened.Load() {
			t.Error("Acquire did not wait for the close")
		}
		close(proceed)
		synctest.Wait()
		if !reopened.Load() || r.Refs(ID{1, 1}) != 1 {
			t.Errorf("opened anew: %v, with %d references", reopened.Load(), r.Refs(ID{1, 1}))
		}
	})
}

// At most one value of an id is open at any time, and in the end none.
func TestManyGoroutines(t *testing.T) {
	var r Registry[*atomic.Int32]
	var open [3]atomic.Int32
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 500 {
				n := (g + i) % len(open)
				id := ID{1, uint64(n)}
				v, err := r.Acquire(id, func() (*atomic.Int32, error) {
					if open[n].Add(1) != 1 {
						t.Error("opened twice")
					}
					return new(atomic.Int32), nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				v.Add(1)
				if _, err := r.Release(id, func(v *atomic.Int32) error {
					if open[n].Add(-1) != 0 || v.Load() == 0 {
						t.Error("closed twice, or never used")
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for n := range open {
		if got := open[n].Load(); got != 0 || r.Refs(ID{1, uint64(n)}) != 0 {
			t.Errorf("%d values of %d are open in the end", got, n)
		}
	}
}

func TestRegistryAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var r Registry[int]
		type held struct{ Refs, Value int }
		model := map[ID]held{}
		next := 0
		ids := rapid.SampledFrom([]ID{{1, 1}, {1, 2}, {2, 1}})
		rt.Repeat(map[string]func(*rapid.T){
			"acquire": func(rt *rapid.T) {
				id, fails := ids.Draw(rt, "id"), rapid.Bool().Draw(rt, "fails")
				next++
				m := model[id]
				opened := false
				v, err := r.Acquire(id, func() (int, error) {
					opened = true
					if fails {
						return 0, errOpen
					}
					return next, nil
				})
				if opened != (m.Refs == 0) {
					rt.Fatalf("open ran: %v, with %d references", opened, m.Refs)
				}
				if opened && fails {
					if err != errOpen || v != 0 {
						rt.Fatalf("Acquire = %v, %v; want the error of open", v, err)
					}
					return
				}
				if opened {
					m.Value = next
				}
				if err != nil || v != m.Value {
					rt.Fatalf("Acquire = %v, %v; want %v", v, err, m.Value)
				}
				m.Refs++
				model[id] = m
			},
			"release": func(rt *rapid.T) {
				id, fails := ids.Draw(rt, "id"), rapid.Bool().Draw(rt, "fails")
				m := model[id]
				var closed []int
				errClose := errors.New("cannot close")
				last, err := r.Release(id, func(v int) error {
					closed = append(closed, v)
					if fails {
						return errClose
					}
					return nil
				})
				switch {
				case m.Refs == 0:
					if last || !errors.Is(err, ErrNotHeld) || closed != nil {
						rt.Fatalf("Release of nothing = %v, %v, closed %v", last, err, closed)
					}
					return
				case m.Refs > 1:
					if last || err != nil || closed != nil {
						rt.Fatalf("Release = %v, %v, closed %v, with %d references", last, err, closed, m.Refs)
					}
					m.Refs--
					model[id] = m
				default:
					if !last || fails != (err == errClose) || !fails && err != nil {
						rt.Fatalf("last Release = %v, %v", last, err)
					}
					if diff := cmp.Diff([]int{m.Value}, closed); diff != "" {
						rt.Fatalf("closed (-want +got):\n%s", diff)
					}
					delete(model, id)
				}
			},
			"": func(rt *rapid.T) {
				for _, id := range []ID{{1, 1}, {1, 2}, {2, 1}} {
					if got := r.Refs(id); got != model[id].Refs {
						rt.Fatalf("Refs(%v) = %d, want %d", id, got, model[id].Refs)
					}
				}
				if len(r.entries) != len(model) {
					rt.Fatalf("%d entries for %d files held", len(r.entries), len(model))
				}
			},
		})
	})
}
