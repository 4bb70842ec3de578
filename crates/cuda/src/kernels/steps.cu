// A net step by step: kernels on whole values, of which each row stands behind the other.
//
// What is defined before this text: REAL, float or double. Where `add` is not 0, a kernel adds to what is there. Sums over
// rows have a fixed order: each of `parts` parts of the rows has a sum of its own, and `collect` adds those.

typedef long long Long;

#define HERE ((Long)blockIdx.x * blockDim.x + threadIdx.x)
#define STRIDE ((Long)gridDim.x * blockDim.x)

__device__ __forceinline__ void put(REAL *to, REAL value, int add) { *to = add ? *to + value : value; }

// ---- numbers put elsewhere

// Of each number of a row, 2 i + s for number i of the other row and the sign s, or -1 for a zero.
extern "C" __global__ void move(const REAL *__restrict__ x, const int *__restrict__ table, REAL *__restrict__ y, Long rows, int from_width, int width) {
  for (Long q = HERE; q < rows * width; q += STRIDE) {
    int place = __ldg(table + q % width);
    REAL v = place < 0 ? (REAL)0 : x[q / width * from_width + (place >> 1)];
    y[q] = place >= 0 && (place & 1) ? -v : v;
  }
}

// first[i] to first[i + 1]: where in `table` the places are to which number i went.
extern "C" __global__ void move_back(const REAL *__restrict__ dy, const int *__restrict__ first, const int *__restrict__ table, REAL *__restrict__ dx,
    Long rows, int from_width, int width, int add) {
  for (Long q = HERE; q < rows * from_width; q += STRIDE) {
    int i = q % from_width;
    const REAL *row = dy + q / from_width * width;
    REAL sum = 0;
    for (int k = __ldg(first + i); k < __ldg(first + i + 1); k++) {
      int place = __ldg(table + k);
      REAL v = row[place >> 1];
      sum += place & 1 ? -v : v;
    }
    put(dx + q, sum, add);
  }
}

// Columns `at` and following of the wider rows of y, or back.
extern "C" __global__ void concat(const REAL *__restrict__ x, REAL *__restrict__ y, Long rows, int width, int at, int wide) {
  for (Long q = HERE; q < rows * width; q += STRIDE) y[q / width * wide + at + q % width] = x[q];
}

extern "C" __global__ void concat_back(const REAL *__restrict__ dy, REAL *__restrict__ dx, Long rows, int width, int at, int wide, int add) {
  for (Long q = HERE; q < rows * width; q += STRIDE) put(dx + q, dy[q / width * wide + at + q % width], add);
}

extern "C" __global__ void copy(const REAL *__restrict__ x, REAL *__restrict__ y, Long count, int add) {
  for (Long q = HERE; q < count; q += STRIDE) put(y + q, x[q], add);
}

// Each row of y becomes b.
extern "C" __global__ void fill(const REAL *__restrict__ b, REAL *__restrict__ y, Long rows, int width) {
  for (Long q = HERE; q < rows * width; q += STRIDE) y[q] = __ldg(b + q % width);
}

// ---- Walsh–Hadamard transforms

// 2^log_length numbers that stand 2^log_stride apart, of 2^log_columns neighbors at once: such a tile goes through shared
// memory, 2^log_group tiles of a block of threads.
extern "C" __global__ void __launch_bounds__(256, 1) transform(const REAL *x, REAL *y, Long tiles, int log_length, int log_stride, int log_columns,
    int log_group, double factor, int add) {
  extern __shared__ float4 shared[];
  REAL *s = (REAL *)shared;
  int log_tile = log_length + log_columns, all = 1 << (log_tile + log_group);
  Long first = (Long)blockIdx.x << log_group;
  int log_chunks = log_stride - log_columns;
#define PLACE(q, tile)                                                                                             \
  (((tile) >> log_chunks << (log_length + log_stride)) + ((Long)((q) >> log_columns & ((1 << log_length) - 1)) << log_stride) + \
   (((tile) & (((Long)1 << log_chunks) - 1)) << log_columns) + ((q) & ((1 << log_columns) - 1)))
  for (int q = threadIdx.x; q < all; q += blockDim.x) {
    Long tile = first + (q >> log_tile);
    s[q] = tile < tiles ? x[PLACE(q, tile)] : (REAL)0;
  }
  __syncthreads();
  for (int h = log_columns; h < log_tile; h++) {
    for (int p = threadIdx.x; p < all / 2; p += blockDim.x) {
      int i = (p >> h << (h + 1)) | (p & ((1 << h) - 1));
      REAL a = s[i], b = s[i + (1 << h)];
      s[i] = a + b;
      s[i + (1 << h)] = a - b;
    }
    __syncthreads();
  }
  for (int q = threadIdx.x; q < all; q += blockDim.x) {
    Long tile = first + (q >> log_tile);
    if (tile < tiles) put(y + PLACE(q, tile), s[q] * (REAL)factor, add);
  }
}

// ---- scales, biases and switches: y = s(d x + b), each of them there or not

extern "C" __global__ void elements(const REAL *__restrict__ x, const REAL *__restrict__ d, const REAL *__restrict__ b, const REAL *__restrict__ open,
    const REAL *__restrict__ closed, REAL *__restrict__ y, Long rows, int width) {
  for (Long q = HERE; q < rows * width; q += STRIDE) {
    int i = q % width;
    REAL z = x[q];
    if (d) z *= __ldg(d + i);
    if (b) z += __ldg(b + i);
    y[q] = open ? z * __ldg((z > 0 ? open : closed) + i) : z;
  }
}

// A thread has a column and a part of the rows. sums: [parts][4][width], the gradients of d, b, open and closed.
extern "C" __global__ void elements_back(const REAL *__restrict__ x, const REAL *__restrict__ d, const REAL *__restrict__ b,
    const REAL *__restrict__ open, const REAL *__restrict__ closed, const REAL *__restrict__ dy, REAL *__restrict__ dx, REAL *__restrict__ sums,
    int rows, int width, int add) {
  int i = HERE, part = blockIdx.y, each = (rows + gridDim.y - 1) / gridDim.y;
  if (i >= width) return;
  REAL scale = d ? __ldg(d + i) : (REAL)1, bias = b ? __ldg(b + i) : (REAL)0;
  REAL up = open ? __ldg(open + i) : (REAL)1, down = open ? __ldg(closed + i) : (REAL)1;
  REAL of_scale = 0, of_bias = 0, of_open = 0, of_closed = 0;
  for (int row = part * each; row < rows && row < (part + 1) * each; row++) {
    Long q = (Long)row * width + i;
    REAL u = x[q], g = dy[q], z = u * scale + bias;
    if (z > 0) of_open += g * z;
    else of_closed += g * z;
    REAL dz = g * (z > 0 ? up : down);
    of_bias += dz;
    of_scale += dz * u;
    if (dx) put(dx + q, dz * scale, add);
  }
  if (!sums) return;
  sums += (Long)part * 4 * width + i;
  sums[0] = of_scale;
  sums[width] = of_bias;
  sums[2 * width] = of_open;
  sums[3 * width] = of_closed;
}

// ---- block switches: number j goes times open[j] or closed[j], by its sign, to all numbers of its block

extern "C" __global__ void block_switch(const REAL *__restrict__ x, const REAL *__restrict__ open, const REAL *__restrict__ closed,
    REAL *__restrict__ y, Long rows, int width, int block) {
  for (Long q = HERE; q < rows * width; q += STRIDE) {
    int i = q % width, at = i / block * block;
    REAL sum = 0;
    for (int j = at; j < at + block; j++) {
      REAL v = x[q - i + j];
      sum += v * __ldg((v > 0 ? open : closed) + (Long)j * block + i - at);
    }
    y[q] = sum;
  }
}

extern "C" __global__ void block_switch_back(const REAL *__restrict__ x, const REAL *__restrict__ open, const REAL *__restrict__ closed,
    const REAL *__restrict__ dy, REAL *__restrict__ dx, Long rows, int width, int block, int add) {
  for (Long q = HERE; q < rows * width; q += STRIDE) {
    int j = q % width, at = j / block * block;
    const REAL *w = (x[q] > 0 ? open : closed) + (Long)j * block;
    REAL sum = 0;
    for (int i = 0; i < block; i++) sum += __ldg(w + i) * dy[q - j + at + i];
    put(dx + q, sum, add);
  }
}

// A thread has a number of a vector and a part of the rows. sums: [parts][2][width block].
extern "C" __global__ void block_switch_sums(const REAL *__restrict__ x, const REAL *__restrict__ dy, REAL *__restrict__ sums, int rows, int width,
    int block) {
  Long q = HERE, count = (Long)width * block;
  int part = blockIdx.y, each = (rows + gridDim.y - 1) / gridDim.y;
  if (q >= count) return;
  int j = q / block, i = j / block * block + q % block;
  REAL of_open = 0, of_closed = 0;
  for (int row = part * each; row < rows && row < (part + 1) * each; row++) {
    REAL v = x[(Long)row * width + j], g = dy[(Long)row * width + i];
    if (v > 0) of_open += v * g;
    else of_closed += v * g;
  }
  sums[part * 2 * count + q] = of_open;
  sums[part * 2 * count + count + q] = of_closed;
}

// ---- sums over rows

extern "C" __global__ void column_sums(const REAL *__restrict__ x, REAL *__restrict__ sums, int rows, int width) {
  int i = HERE, part = blockIdx.y, each = (rows + gridDim.y - 1) / gridDim.y;
  if (i >= width) return;
  REAL sum = 0;
  for (int row = part * each; row < rows && row < (part + 1) * each; row++) sum += x[(Long)row * width + i];
  sums[(Long)part * width + i] = sum;
}

// What the parts have, added to what is there; those of a part are `apart`.
extern "C" __global__ void collect(const REAL *__restrict__ sums, REAL *__restrict__ to, int parts, Long count, Long apart) {
  for (Long q = HERE; q < count; q += STRIDE) {
    REAL sum = 0;
    for (int part = 0; part < parts; part++) sum += sums[part * apart + q];
    to[q] += sum;
  }
}
