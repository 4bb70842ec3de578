// CUDA C++ as a C++ compiler takes it: each thread of a block is a fiber, which runs until it waits for others.
//
// Who goes first is what a GPU does not promise, so it is a choice here: the first warp, lane and block, the last, or
// any. The one that goes first goes as far as it can, so that a barrier that is missing shows. Shared memory is full of
// NaN when a block begins and ends where memory ends, as buffers of the device do.
#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <sys/mman.h>
#include <ucontext.h>
#include <utility>
#include <vector>

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
static float2 make_float2(float x, float y) { return {x, y}; }
static float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __restrict__
#define __shared__ static

using std::max;
using std::min;
template <class T> static T __ldg(const T *p) { return *p; }
static unsigned __float_as_uint(float f) { unsigned u; memcpy(&u, &f, 4); return u; }
static float __uint_as_float(unsigned u) { float f; memcpy(&f, &u, 4); return f; }
static float __int_as_float(int i) { return __uint_as_float(i); }
static int __ffs(unsigned u) { return __builtin_ffs(u); }
static void __threadfence() {}
static int atomicAdd(int *p, int v) { int old = *p; *p += v; return old; }

// ---- fibers

constexpr int MOST = 1024, STACK = 64 << 10, SHARED = 227 << 10;

struct Barrier { int there = 0, turn = 0; };
struct Fiber { jmp_buf at; bool begun, done; Barrier *waits; int turn; };
struct Index { unsigned x, y, z; };

static Fiber fibers[MOST];
alignas(64) static char stacks[MOST][STACK];
static Index indexes[MOST], blockIdx, blockDim, gridDim;
static int current, threads;
static Barrier of_block, of_warps[MOST / 32];
static ucontext_t begin;
static jmp_buf scheduler;
static std::function<void()> kernel;
static float4 *shared_memory;
#define threadIdx (indexes[current])

static void pause() { if (!_setjmp(fibers[current].at)) _longjmp(scheduler, 1); }

static void wait(Barrier &b, int all) {
  fibers[current].waits = &b;
  fibers[current].turn = b.turn;
  if (++b.there == all) { b.there = 0; b.turn++; }
  pause(); // The last one too, or it would go first.
}

static void __syncthreads() { wait(of_block, threads); }
static void __syncwarp() { wait(of_warps[current / 32], 32); }

template <class T> static T exchange(T value, int from) {
  static T all[MOST];
  all[current] = value;
  __syncwarp();
  T got = all[(current & ~31) | (from & 31)];
  __syncwarp();
  return got;
}
static float __shfl_xor_sync(unsigned, float v, int h) { return exchange(v, (current & 31) ^ h); }
static float __shfl_sync(unsigned, float v, int from) { return exchange(v, from); }
static unsigned __ballot_sync(unsigned, bool p) {
  unsigned all = 0;
  for (int lane = 0; lane < 32; lane++) all |= exchange<unsigned>(p, lane) << lane;
  return all;
}

static void body() {
  for (;;) {
    kernel();
    fibers[current].done = true;
    pause();
  }
}

static void resume(int t) {
  current = t;
  if (_setjmp(scheduler)) return;
  if (fibers[t].begun) _longjmp(fibers[t].at, 1);
  fibers[t].begun = true;
  getcontext(&begin);
  begin.uc_stack.ss_sp = stacks[t];
  begin.uc_stack.ss_size = STACK;
  makecontext(&begin, body, 0);
  setcontext(&begin);
}

/// 0 .. n - 1, in the order that was chosen.
static std::vector<int> ordered(int n) {
  static uint64_t state = 1;
  static const char *order = getenv("STAND_IN_ORDER");
  std::vector<int> all(n);
  std::iota(all.begin(), all.end(), 0);
  if (order && !strcmp(order, "last")) std::reverse(all.begin(), all.end());
  if (order && !strcmp(order, "any"))
    for (int i = n - 1; i > 0; i--) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      std::swap(all[i], all[(state >> 33) % (i + 1)]);
    }
  return all;
}

static bool runs(const Fiber &f) { return !f.done && !(f.waits && f.waits->turn == f.turn); }

static void run_block() {
  std::vector<int> lanes = ordered(32);
  for (bool moved = true; moved;) {
    moved = false;
    for (int warp : ordered(threads / 32))
      for (bool again = true; again;) {
        again = false;
        for (int lane : lanes)
          if (int t = 32 * warp + lane; runs(fibers[t])) {
            fibers[t].waits = nullptr;
            resume(t);
            moved = again = true;
          }
      }
  }
  for (int t = 0; t < threads; t++)
    if (!fibers[t].done) {
      fprintf(stderr, "stand-in: thread %d waits for ever\n", t);
      abort();
    }
}

static void run(Index grid, int count, size_t shared, std::function<void()> f) {
  static char *memory = nullptr;
  if (!memory) {
    memory = (char *)mmap(nullptr, SHARED + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + SHARED, 4096, PROT_NONE);
  }
  gridDim = grid;
  blockDim = {(unsigned)count, 1, 1};
  threads = count;
  kernel = f;
  for (int t = 0; t < count; t++) indexes[t] = {(unsigned)t, 0, 0};
  for (int block : ordered(grid.x * grid.y)) {
    blockIdx = {block % grid.x, block / grid.x, 0};
    shared_memory = (float4 *)(memory + SHARED - shared);
    memset(shared_memory, 0xff, shared);
    for (int t = 0; t < count; t++) fibers[t].done = false, fibers[t].waits = nullptr;
    run_block();
  }
}

// ---- kernels by their names

template <class... A, size_t... I> static void call(void (*f)(A...), void **p, std::index_sequence<I...>) {
  f(*(std::remove_reference_t<A> *)p[I]...);
}
template <class... A> static void launch(void (*f)(A...), unsigned x, unsigned y, int threads, size_t shared, void **p) {
  run({x, y, 1}, threads, shared, [=] { call(f, p, std::index_sequence_for<A...>()); });
}
template <class... A> static std::vector<size_t> sizes(void (*)(A...)) { return {sizeof(A)...}; }

#define KERNEL(name)                                                                             \
  extern "C" void launch_##name(unsigned x, unsigned y, int threads, size_t shared, void **p) { \
    launch(name, x, y, threads, shared, p);                                                      \
  }                                                                                              \
  extern "C" void sizes_##name(std::vector<size_t> *all) { *all = sizes(name); }
