// A whole net in one kernel: L times {Walsh–Hadamard transform of 1,024, scale, bias, switch}, then a dense readout.
//
// A warp holds a row: 32 numbers in each of 32 lanes. H1024 = H32 (x) H32, so a transform is five levels inside of
// lanes, one transposition through shared memory, five levels more. The transposition is not undone: behind every
// transform the row is in the other of two layouts, and the parameters of a layer are stored in the order in which the
// lanes of its layout read them, 16 bytes at a time. Number i = 4 j + c of a lane stands at (32 j + lane) 4 + c.
//
// What is defined before this text: L, K, INPUTS, SCALE, AFTER, MAP, SIGNED, CROSS_ENTROPY; W, warps of a block, and for
// the forward kernel FORWARD_WARPS and FORWARD_ROWS, rows that a warp has at once, for which it reads parameters once.
//
// A switch with slopes o and c is y = a z + d |z| with a = (o + c)/2 and d = (o - c)/2.

#define N 1024
#define ROOT 32.f
#define VECTORS (3 + SCALE)
#define LAYERS (L * VECTORS * N)
#define KP ((K + 3) / 4 * 4)
#define COUNT (LAYERS + K * N + KP) // of a net: what follows it is aligned for vectors of four as well
#define THREADS (32 * W)
#define PITCH 36                 // of the transposition: 16-byte stores and 4-byte loads without conflicts
#define BUFFER (32 * PITCH)
#define ALL 0xffffffffu

static_assert(2 * THREADS == N, "a thread of the gradient owns two places");

#define FOR(i, n) _Pragma("unroll") for (int i = 0; i < (n); i++)

// ---- a row in the registers of a warp

__device__ __forceinline__ void butterflies(float (&v)[32]) {
#pragma unroll
  for (int h = 1; h < 32; h *= 2)
    FOR(i, 32)
      if (!(i & h)) { float a = v[i], b = v[i + h]; v[i] = a + b; v[i + h] = a - b; }
}

__device__ __forceinline__ void turn(float (&v)[32], float *t, int lane) {
  FOR(j, 8) *(float4 *)(t + lane * PITCH + 4 * j) = make_float4(v[4 * j], v[4 * j + 1], v[4 * j + 2], v[4 * j + 3]);
  __syncwarp();
  FOR(i, 32) v[i] = t[i * PITCH + lane];
  __syncwarp();
}

__device__ __forceinline__ void transform(float (&v)[32], float *t, int lane) {
  butterflies(v);
  turn(v, t, lane);
  butterflies(v);
}

__device__ __forceinline__ void store(const float (&v)[32], float *to, int lane) {
  FOR(j, 8) *(float4 *)(to + (32 * j + lane) * 4) = make_float4(v[4 * j], v[4 * j + 1], v[4 * j + 2], v[4 * j + 3]);
}

__device__ __forceinline__ void load(float (&v)[32], const float *from, int lane) {
  FOR(j, 8) {
    float4 x = *(const float4 *)(from + (32 * j + lane) * 4);
    v[4 * j] = x.x; v[4 * j + 1] = x.y; v[4 * j + 2] = x.z; v[4 * j + 3] = x.w;
  }
}

// Which input number e of a row is: MAP 0 pads with zeros, 1 tiles, 2 looks it up. Where all lanes tile alike, the place
// is one for the compiler to know.
__device__ __forceinline__ void read_row(float (&v)[32], const float *x, const int *table, unsigned signs, int lane) {
  x += MAP == 2 ? 0 : lane;
  FOR(i, 32) {
#if MAP == 0
    v[i] = 32 * i + 31 < INPUTS || (32 * i < INPUTS && 32 * i + lane < INPUTS) ? __ldg(x + 32 * i) : 0.f;
#elif MAP == 1
    const int first = 32 * i / INPUTS * INPUTS, last = (32 * i + 31) / INPUTS * INPUTS;
    if (first == last) v[i] = __ldg(x + 32 * i - first);
    else v[i] = __ldg(x + 32 * i - (32 * i + lane) / INPUTS * INPUTS);
#else
    int from = __ldg(table + 32 * i + lane);
    v[i] = from >= 0 ? __ldg(x + from) : 0.f;
#endif
#if SIGNED
    v[i] = __uint_as_float(__float_as_uint(v[i]) ^ (signs << (31 - i) & 0x80000000u));
#endif
  }
}

// ---- parameters: those of theta, with the factors of the transform put into them

__device__ __forceinline__ float sign_after(const unsigned *after, int l, int p) {
#if AFTER
  return after[l * 32 + (p >> 5)] >> (p & 31) & 1 ? -1.f : 1.f;
#else
  return 1.f;
#endif
}

// P: [L][VECTORS][N] = bias, a, d, scale; V: [K][N].
__device__ __forceinline__ void prepare(const float *theta, const unsigned *after, float *P, float *V) {
  for (int q = threadIdx.x; q < L * N / 4; q += blockDim.x) {
    int l = q / (N / 4), p = q % (N / 4) * 4;
    const float *t = theta + l * VECTORS * N + p;
    float *to = P + l * VECTORS * N + p;
    FOR(c, 4) {
      float o = __ldg(t + N + c), s = __ldg(t + 2 * N + c), sign = sign_after(after, l, p + c);
#if SCALE
      to[c] = __ldg(t + c);
      to[N + c] = .5f * (o + s) * sign;
      to[2 * N + c] = .5f * (o - s) * sign;
      to[3 * N + c] = __ldg(t + 3 * N + c) / ROOT;
#else
      to[c] = __ldg(t + c) * ROOT;
      to[N + c] = .5f * (o + s) * (sign / ROOT);
      to[2 * N + c] = .5f * (o - s) * (sign / ROOT);
#endif
    }
  }
  for (int q = threadIdx.x; q < K * N / 4; q += blockDim.x) ((float4 *)V)[q] = __ldg((const float4 *)(theta + LAYERS) + q);
}

// What the switch sees of what the transform gives, and what it gives.
__device__ __forceinline__ float seen(float u, float bias, float scale) {
#if SCALE
  return fmaf(scale, u, bias);
#else
  return u + bias;
#endif
}

__device__ __forceinline__ float switched(float z, float a, float d) { return fmaf(a, z, d * fabsf(z)); }

// Scale, bias and switch of layer l on R rows.
template <int R>
__device__ __forceinline__ void elements(float (&v)[R][32], const float *P, int l, int lane) {
  const float *p = P + l * VECTORS * N + 4 * lane;
  FOR(j, 8) {
    float4 b = *(const float4 *)(p + 128 * j), a = *(const float4 *)(p + N + 128 * j), d = *(const float4 *)(p + 2 * N + 128 * j);
#if SCALE
    float4 s = *(const float4 *)(p + 3 * N + 128 * j);
#else
    float4 s = make_float4(1.f, 1.f, 1.f, 1.f);
#endif
    FOR(r, R) {
      v[r][4 * j] = switched(seen(v[r][4 * j], b.x, s.x), a.x, d.x);
      v[r][4 * j + 1] = switched(seen(v[r][4 * j + 1], b.y, s.y), a.y, d.y);
      v[r][4 * j + 2] = switched(seen(v[r][4 * j + 2], b.z, s.z), a.z, d.z);
      v[r][4 * j + 3] = switched(seen(v[r][4 * j + 3], b.w, s.w), a.w, d.w);
    }
  }
}

// Outputs k0 .. k0 + 15 of R rows (1 or 2): lane 16 r + k gets output k0 + k of row r, without the bias.
template <int R>
__device__ __forceinline__ float outputs(const float (&v)[R][32], const float *V, int k0, int lane) {
  float sums[32];
  FOR(q, 32) sums[q] = 0.f;
  FOR(k, 16)
    if (k0 + k < K) FOR(j, 8) {
      float4 w = *(const float4 *)(V + (k0 + k) * N + (32 * j + lane) * 4);
      FOR(r, R) {
        float &sum = sums[16 * r + k];
        sum = fmaf(w.x, v[r][4 * j], sum);
        sum = fmaf(w.y, v[r][4 * j + 1], sum);
        sum = fmaf(w.z, v[r][4 * j + 2], sum);
        sum = fmaf(w.w, v[r][4 * j + 3], sum);
      }
    }
  // Half of the sums go to the lane whose number differs in one bit, which sends the other half.
#pragma unroll
  for (int h = 16; h; h /= 2) {
    bool upper = lane & h;
    FOR(q, 16)
      if (q < h) {
        float keep = upper ? sums[q + h] : sums[q], send = upper ? sums[q] : sums[q + h];
        sums[q] = keep + __shfl_xor_sync(ALL, send, h);
      }
  }
  return sums[0];
}

// Each net has its own reshaping and its own signs.
#define TABLE (MAP == 2 ? 2 * N + INPUTS + 1 : 0)
#define CHOOSE_NET                       \
  table += (size_t)blockIdx.y * TABLE;   \
  signs += (size_t)blockIdx.y * 32;      \
  after += (size_t)blockIdx.y * L * 32;  \
  theta += (size_t)blockIdx.y * COUNT;

// ---- forward

extern "C" __global__ void __launch_bounds__(32 * FORWARD_WARPS, 1) forward(const float *__restrict__ X, const int *__restrict__ table,
    const unsigned *__restrict__ signs, const unsigned *__restrict__ after, const float *__restrict__ theta, float *__restrict__ Y, int rows) {
  extern __shared__ float4 shared[];
  float *P = (float *)shared, *V = P + LAYERS, *T = V + K * N;
  int lane = threadIdx.x & 31, w = threadIdx.x >> 5;
  CHOOSE_NET
  Y += (size_t)blockIdx.y * rows * K;
  prepare(theta, after, P, V);
  __syncthreads();
  float *t = T + w * BUFFER;
  unsigned sign = SIGNED ? signs[lane] : 0;
  for (int group = w * gridDim.x + blockIdx.x; FORWARD_ROWS * group < rows; group += gridDim.x * FORWARD_WARPS) {
    int row = FORWARD_ROWS * group;
    float v[FORWARD_ROWS][32];
    FOR(r, FORWARD_ROWS) read_row(v[r], X + (size_t)min(row + r, rows - 1) * INPUTS, table, sign, lane);
#pragma unroll 1
    for (int l = 0; l < L; l++) {
      FOR(r, FORWARD_ROWS) transform(v[r], t, lane);
      elements(v, P, l, lane);
    }
    FOR(half, FORWARD_ROWS / 2) {
#pragma unroll
      for (int k0 = 0; k0 < K; k0 += 16) {
        float y = outputs(*(const float (*)[2][32])v[2 * half], V, k0, lane);
        int k = k0 + (lane & 15), to = row + 2 * half + (lane >> 4);
        if (k < K && to < rows) Y[(size_t)to * K + k] = y + __ldg(theta + LAYERS + K * N + k);
      }
    }
  }
}

// ---- forward, loss, backward
//
// Warps transform rows; between transforms each thread owns two places of all rows of the block, so that gradients are
// summed over rows in its registers, in the order of the rows. Z keeps what switches saw, but of the last layer.
// G: [blocks][COUNT], the gradients of the rows of a block; score: [blocks][2], their losses and right answers.

struct Own {
  float2 a, d, b, s;
};

__device__ __forceinline__ Own own(const float *P, int l, int t) {
  const float2 *p = (const float2 *)(P + l * VECTORS * N) + t;
  Own o;
  o.b = p[0];
  o.a = p[N / 2];
  o.d = p[N];
#if SCALE
  o.s = p[3 * N / 2];
#else
  o.s = make_float2(1.f, 1.f);
#endif
  return o;
}

// g comes back to a switch that saw z of u; sums: bias, a, d, scale. What goes on to the transform.
__device__ __forceinline__ float back(float g, float u, float z, float a, float d, float s, float (&sums)[4]) {
  float e = z > 0.f ? g : -g;
  float dz = fmaf(a, g, d * e);
  sums[0] += dz;
  sums[1] = fmaf(g, z, sums[1]);
  sums[2] = fmaf(e, z, sums[2]);
#if SCALE
  sums[3] = fmaf(dz, u, sums[3]);
  return dz * s;
#else
  return dz;
#endif
}

extern "C" __global__ void __launch_bounds__(THREADS, 1) gradient(const float *__restrict__ X, const int *__restrict__ classes,
    const float *__restrict__ targets, const int *__restrict__ order, const int *__restrict__ counter, const int *__restrict__ table,
    const unsigned *__restrict__ signs, const unsigned *__restrict__ after, const float *__restrict__ theta, float *__restrict__ Z,
    float *__restrict__ G, float *__restrict__ score, int rows, int steps) {
  extern __shared__ float4 shared[];
  float *P = (float *)shared, *V = P + LAYERS, *T = V + K * N, *D = T + W * BUFFER;
  int t = threadIdx.x, lane = t & 31, w = t >> 5;
  size_t block = (size_t)blockIdx.y * gridDim.x + blockIdx.x;
  CHOOSE_NET
  Z += block * W * (L - 1) * N;
  prepare(theta, after, P, V);
  // The rows of this step: each net has its own order of all rows.
  if (order) order += ((size_t)blockIdx.y * steps + *counter % steps) * rows;
  unsigned sign = SIGNED ? signs[lane] : 0;
  float share = 1.f / rows, loss = 0.f, right = 0.f, gvb = 0.f;
  float g[L][2][4];
  float2 gv[K];
  FOR(l, L) FOR(c, 2) FOR(q, 4) g[l][c][q] = 0.f;
  FOR(k, K) gv[k] = make_float2(0.f, 0.f);
  float *own_t = T + w * BUFFER;
  __syncthreads();
  for (int base = blockIdx.x; base < rows; base += gridDim.x * W) {
    int live = min(W, (rows - base + (int)gridDim.x - 1) / (int)gridDim.x);
    if (w < live) {
      int row = base + w * gridDim.x;
      int source = order ? order[row] : row;
      float v[1][32];
      read_row(v[0], X + (size_t)source * INPUTS, table, sign, lane);
#pragma unroll 1
      for (int l = 0; l < L; l++) {
        transform(v[0], own_t, lane);
        if (l < L - 1) store(v[0], Z + (w * (L - 1) + l) * N, lane);
        else store(v[0], own_t, lane);
        elements(v, P, l, lane);
      }
#pragma unroll
      for (int k0 = 0; k0 < K; k0 += 16) {
        float y = outputs(v, V, k0, lane);
        if (lane < 16 && k0 + lane < KP) D[w * KP + k0 + lane] = y;
      }
      __syncwarp();
      float y = lane < K ? D[w * KP + lane] + __ldg(theta + LAYERS + K * N + lane) : 0.f, dy;
      int c = classes ? classes[source] : -1;
      float most = lane < K ? y : -__int_as_float(0x7f800000);
#pragma unroll
      for (int h = 16; h; h /= 2) most = fmaxf(most, __shfl_xor_sync(ALL, most, h));
      unsigned largest = __ballot_sync(ALL, lane < K && y == most);
      right += c >= 0 && c == __ffs(largest) - 1;
#if CROSS_ENTROPY
      float e = lane < K ? expf(y - most) : 0.f, sum = e;
#pragma unroll
      for (int h = 16; h; h /= 2) sum += __shfl_xor_sync(ALL, sum, h);
      float picked = __shfl_sync(ALL, y, c);
      loss += most + logf(sum) - picked;
      dy = e / sum - (lane == c ? 1.f : 0.f);
#else
      dy = lane < K ? y - (classes ? (lane == c ? 1.f : 0.f) : targets[(size_t)source * K + lane]) : 0.f;
      float sum = .5f * dy * dy;
#pragma unroll
      for (int h = 16; h; h /= 2) sum += __shfl_xor_sync(ALL, sum, h);
      loss += sum;
#endif
      if (lane < KP) D[w * KP + lane] = lane < K ? dy * share : 0.f;
    }
    __syncthreads();
    // The readout and the last switch.
    {
      Own o = own(P, L - 1, t);
      float2 vk[K];
      FOR(k, K) vk[k] = ((const float2 *)(V + k * N))[t];
      float s0[4] = {0.f, 0.f, 0.f, 0.f}, s1[4] = {0.f, 0.f, 0.f, 0.f};
#pragma unroll 2
      for (int r = 0; r < live; r++) {
        float2 *at = (float2 *)(T + r * BUFFER) + t, u = *at, dy = make_float2(0.f, 0.f);
        float z0 = seen(u.x, o.b.x, o.s.x), z1 = seen(u.y, o.b.y, o.s.y);
        float y0 = switched(z0, o.a.x, o.d.x), y1 = switched(z1, o.a.y, o.d.y);
        FOR(q, KP / 4) {
          float4 four = *(const float4 *)(D + r * KP + 4 * q);
          float e[4] = {four.x, four.y, four.z, four.w};
          FOR(c, 4)
            if (4 * q + c < K) {
              float2 &sum = gv[4 * q + c], weight = vk[4 * q + c];
              dy.x = fmaf(e[c], weight.x, dy.x);
              dy.y = fmaf(e[c], weight.y, dy.y);
              sum.x = fmaf(e[c], y0, sum.x);
              sum.y = fmaf(e[c], y1, sum.y);
            }
        }
        *at = make_float2(back(dy.x, u.x, z0, o.a.x, o.d.x, o.s.x, s0), back(dy.y, u.y, z1, o.a.y, o.d.y, o.s.y, s1));
      }
      FOR(q, 4) { g[L - 1][0][q] += s0[q]; g[L - 1][1][q] += s1[q]; }
      if (t < K)
        for (int r = 0; r < live; r++) gvb += D[r * KP + t];
    }
    __syncthreads();
#pragma unroll 1
    for (int l = L - 2; l >= 0; l--) {
      if (w < live) {
        float v[32];
        load(v, own_t, lane);
        __syncwarp();
        transform(v, own_t, lane);
        store(v, own_t, lane);
      }
      __syncthreads();
      Own o = own(P, l, t);
      float s0[4] = {0.f, 0.f, 0.f, 0.f}, s1[4] = {0.f, 0.f, 0.f, 0.f};
      const float2 *z = (const float2 *)(Z + l * N) + t;
#pragma unroll 8
      for (int r = 0; r < live; r++) {
        float2 *at = (float2 *)(T + r * BUFFER) + t, dy = *at, u = z[(size_t)r * (L - 1) * N / 2];
        float z0 = seen(u.x, o.b.x, o.s.x), z1 = seen(u.y, o.b.y, o.s.y);
        *at = make_float2(back(dy.x, u.x, z0, o.a.x, o.d.x, o.s.x, s0), back(dy.y, u.y, z1, o.a.y, o.d.y, o.s.y, s1));
      }
      FOR(m, L - 1)
        if (m == l) FOR(q, 4) { g[m][0][q] += s0[q]; g[m][1][q] += s1[q]; }
      __syncthreads();
    }
  }
  float *to = G + block * COUNT;
  FOR(l, L) {
    float2 *at = (float2 *)(to + l * VECTORS * N) + t;
    float c0 = .5f * sign_after(after, l, 2 * t), c1 = .5f * sign_after(after, l, 2 * t + 1);
    float (&x)[4] = g[l][0], (&y)[4] = g[l][1];
#if SCALE
    at[0] = make_float2(x[0], y[0]);
    at[3 * N / 2] = make_float2(x[3] / ROOT, y[3] / ROOT);
#else
    at[0] = make_float2(x[0] * ROOT, y[0] * ROOT);
    c0 /= ROOT;
    c1 /= ROOT;
#endif
    at[N / 2] = make_float2((x[1] + x[2]) * c0, (y[1] + y[2]) * c1);
    at[N] = make_float2((x[1] - x[2]) * c0, (y[1] - y[2]) * c1);
  }
  FOR(k, K) ((float2 *)(to + LAYERS + k * N))[t] = gv[k];
  if (t < KP) to[LAYERS + K * N + t] = gvb;
  if (lane == 0) { T[2 * w] = loss; T[2 * w + 1] = right; }
  __syncthreads();
  if (t < 2) {
    float sum = 0.f;
    for (int r = 0; r < W; r++) sum += T[2 * r + t];
    score[block * 2 + t] = sum;
  }
}

// ---- the step: the sum over blocks in a fixed order, then Adam
//
// segments: of each vector of the layers, of the weights, of the biases, a factor of the learning rate and a decay; a factor of 0 is fixed.
// rates: [steps of the run][2] = factor of the schedule over 1 - beta1^t, 1 / sqrt(1 - beta2^t); and the factor itself.
// rate: of each net. counter: the step, and how many blocks are through.

#define UPDATE 32
#define PARTS 8

extern "C" __global__ void __launch_bounds__(UPDATE * PARTS) update(const float *__restrict__ G, const float *__restrict__ score, int blocks,
    float *__restrict__ theta, float *__restrict__ mean, float *__restrict__ square, const float2 *__restrict__ segments,
    const float4 *__restrict__ rates, const float *__restrict__ rate, int *counter, float *__restrict__ total, float beta1, float beta2,
    float rest1, float rest2, float epsilon) {
  __shared__ float sums[PARTS][UPDATE];
  int x = threadIdx.x % UPDATE, y = threadIdx.x / UPDATE, i = blockIdx.x * UPDATE + x;
  G += (size_t)blockIdx.y * blocks * COUNT;
  float sum = 0.f;
  int step = *(volatile int *)counter;
  if (i < COUNT) {
#pragma unroll 8
    for (int b = y; b < blocks; b += PARTS) sum += __ldg(G + (size_t)b * COUNT + i);
  }
  sums[y][x] = sum;
  __syncthreads();
  if (y == 0 && i < COUNT) {
    float g = ((sums[0][x] + sums[1][x]) + (sums[2][x] + sums[3][x])) + ((sums[4][x] + sums[5][x]) + (sums[6][x] + sums[7][x]));
    int segment = i < LAYERS ? i / N : i < LAYERS + K * N ? L * VECTORS : L * VECTORS + 1;
    float2 how = __ldg(segments + segment);
    if (how.x != 0.f) {
      float4 now = __ldg(rates + step);
      float own = __ldg(rate + blockIdx.y) * how.x;
      size_t at = (size_t)blockIdx.y * COUNT + i;
      float p = theta[at];
      p *= 1.f - own * now.z * how.y;
      float m = mean[at] = fmaf(beta1, mean[at], rest1 * g);
      float s = square[at] = fmaf(beta2, square[at], rest2 * g * g);
      theta[at] = p - own * now.x * m / (sqrtf(s) * now.y + epsilon);
    }
  }
  if (blockIdx.x == 0 && threadIdx.x < 2) {
    float sum = 0.f;
    for (int b = 0; b < blocks; b++) sum += score[((size_t)blockIdx.y * blocks + b) * 2 + threadIdx.x];
    total[2 * blockIdx.y + threadIdx.x] += sum;
  }
  // All of the block have read the step, before they waited for each other.
  if (threadIdx.x == 0) {
    __threadfence();
    if (atomicAdd(counter + 1, 1) == (int)(gridDim.x * gridDim.y) - 1) {
      counter[1] = 0;
      counter[0] = step + 1;
    }
  }
}

// The sum over blocks alone, for who wants the gradient.
extern "C" __global__ void __launch_bounds__(UPDATE * PARTS) collect(const float *__restrict__ G, int blocks, float *__restrict__ sum_of) {
  __shared__ float sums[PARTS][UPDATE];
  int x = threadIdx.x % UPDATE, y = threadIdx.x / UPDATE, i = blockIdx.x * UPDATE + x;
  G += (size_t)blockIdx.y * blocks * COUNT;
  float sum = 0.f;
  if (i < COUNT) {
#pragma unroll 8
    for (int b = y; b < blocks; b += PARTS) sum += __ldg(G + (size_t)b * COUNT + i);
  }
  sums[y][x] = sum;
  __syncthreads();
  if (y == 0 && i < COUNT)
    sum_of[(size_t)blockIdx.y * COUNT + i] = ((sums[0][x] + sums[1][x]) + (sums[2][x] + sums[3][x])) + ((sums[4][x] + sums[5][x]) + (sums[6][x] + sums[7][x]));
}

// ---- effective maps: K rows of INPUTS for each input, and their constants
//
// A warp takes one input and half of the outputs: it throws the switches, then pulls one row of the readout after the
// other back through them. A: [rows][K][INPUTS]; numbers that come from one input are added up. C: [rows][K], what the
// biases alone give with these switches.

#define HALVES 2

extern "C" __global__ void __launch_bounds__(THREADS, 1) maps(const float *__restrict__ X, const int *__restrict__ table,
    const unsigned *__restrict__ signs, const unsigned *__restrict__ after, const float *__restrict__ theta, float *__restrict__ A, float *__restrict__ C,
    int rows) {
  extern __shared__ float4 shared[];
  float *P = (float *)shared, *V = P + LAYERS, *T = V + K * N;
  unsigned *M = (unsigned *)(T + W * BUFFER);
  int lane = threadIdx.x & 31, w = threadIdx.x >> 5;
  CHOOSE_NET
  A += (size_t)blockIdx.y * rows * K * INPUTS;
  C += (size_t)blockIdx.y * rows * K;
  prepare(theta, after, P, V);
  __syncthreads();
  float *t = T + w * BUFFER;
  M += w * L * 32 + lane;
  unsigned sign = SIGNED ? signs[lane] : 0;
  for (int task = w * gridDim.x + blockIdx.x; task < rows * HALVES; task += gridDim.x * W) {
    int row = task / HALVES;
    float v[1][32];
    read_row(v[0], X + (size_t)row * INPUTS, table, sign, lane);
#pragma unroll 1
    for (int l = 0; l < L; l++) {
      transform(v[0], t, lane);
      const float *p = P + l * VECTORS * N;
      unsigned open = 0;
      FOR(j, 8) {
        float4 b = *(const float4 *)(p + (32 * j + lane) * 4);
#if SCALE
        float4 s = *(const float4 *)(p + 3 * N + (32 * j + lane) * 4);
#else
        float4 s = make_float4(1.f, 1.f, 1.f, 1.f);
#endif
        float bias[4] = {b.x, b.y, b.z, b.w}, scale[4] = {s.x, s.y, s.z, s.w};
        FOR(c, 4) open |= (seen(v[0][4 * j + c], bias[c], scale[c]) > 0.f ? 1u : 0u) << (4 * j + c);
      }
      M[l * 32] = open;
      if (l < L - 1) elements(v, P, l, lane);
    }
    if (task % HALVES == 0) {
      FOR(i, 32) v[0][i] = 0.f;
#pragma unroll 1
      for (int l = 0; l < L; l++) {
        transform(v[0], t, lane);
        const float *p = P + l * VECTORS * N + 4 * lane;
        unsigned open = M[l * 32];
        FOR(i, 32) {
          const float *at = p + i / 4 * 128 + i % 4;
#if SCALE
          float scale = at[3 * N];
#else
          float scale = 1.f;
#endif
          v[0][i] = seen(v[0][i], at[0], scale) * (at[N] + (open >> i & 1 ? at[2 * N] : -at[2 * N]));
        }
      }
#pragma unroll
      for (int k0 = 0; k0 < K; k0 += 16) {
        float y = outputs(v, V, k0, lane);
        int k = k0 + lane;
        if (lane < 16 && k < K) C[(size_t)row * K + k] = y + __ldg(theta + LAYERS + K * N + k);
      }
    }
    for (int k = task % HALVES; k < K; k += HALVES) {
      float d[32];
      load(d, V + k * N, lane);
#pragma unroll 1
      for (int l = L - 1; l >= 0; l--) {
        const float *p = P + l * VECTORS * N;
        unsigned open = M[l * 32];
        FOR(j, 8) {
          float4 a = *(const float4 *)(p + N + (32 * j + lane) * 4), b = *(const float4 *)(p + 2 * N + (32 * j + lane) * 4);
          float mean[4] = {a.x, a.y, a.z, a.w}, half[4] = {b.x, b.y, b.z, b.w};
#if SCALE
          float4 s = *(const float4 *)(p + 3 * N + (32 * j + lane) * 4);
          float scale[4] = {s.x, s.y, s.z, s.w};
#endif
          FOR(c, 4) {
            float slope = mean[c] + (open >> (4 * j + c) & 1 ? half[c] : -half[c]);
            d[4 * j + c] *= slope;
#if SCALE
            d[4 * j + c] *= scale[c];
#endif
          }
        }
        transform(d, t, lane);
      }
      float *to = A + ((size_t)row * K + k) * INPUTS;
#if MAP == 0
      for (int e = N + lane; e < INPUTS; e += 32) to[e] = 0.f; // inputs that are left out
#endif
      FOR(i, 32) {
#if SIGNED
        d[i] = __uint_as_float(__float_as_uint(d[i]) ^ (sign << (31 - i) & 0x80000000u));
#endif
#if MAP == 0
        if (32 * i + lane < INPUTS) to[32 * i + lane] = d[i];
#else
        t[32 * i + lane] = d[i];
#endif
      }
#if MAP != 0
      __syncwarp();
      for (int e = lane; e < INPUTS; e += 32) {
        float sum = 0.f;
#if MAP == 1
        for (int from = e; from < N; from += INPUTS) sum += t[from];
#else
        // Of a table, the places that read input e are listed behind it: first[INPUTS + 1], places.
        const int *first = table + N, *places = first + INPUTS + 1;
        for (int q = first[e]; q < first[e + 1]; q++) sum += t[places[q]];
#endif
        to[e] = sum;
      }
      __syncwarp();
#endif
    }
  }
}
