// What this crate asks of the driver of CUDA, of NVRTC and of cuBLAS, without a GPU: kernels are compiled by the C++ compiler that
// compiled this, and run by kernel.h. Buffers begin full of NaN and end where memory ends; freed ones are gone.
//
// STAND_IN_FOLDER: where kernels go, SOURCES: where kernel.h is. What a driver says of itself can be chosen as well:
// STAND_IN_VERSION, STAND_IN_SHARED (bytes), STAND_IN_MEMORY (bytes), STAND_IN_DEVICES. STAND_IN_WITHOUT: the number of a
// barrier that is left out of the kernels.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <map>
#include <mutex>
#include <regex>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#define ANSWER extern "C" __attribute__((visibility("default"))) int

typedef unsigned long long Pointer;
typedef void (*Launch)(unsigned, unsigned, int, size_t, void **);

enum { DONE = 0, INVALID = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, NO_KERNEL = 500, CAPTURING = 900 };

struct Function { Launch launch; std::vector<size_t> sizes; size_t shared = 48 << 10; };
struct Run {
  Function *of;
  unsigned x, y;
  int threads;
  size_t shared;
  std::vector<std::vector<char>> arguments;
  void go() {
    std::vector<void *> all;
    for (auto &a : arguments) all.push_back(a.data());
    of->launch(x, y, threads, shared, all.data());
  }
};

// Several threads ask at once; what they ask for is done one after the other.
static std::mutex one;
#define ALONE std::lock_guard<std::mutex> alone(one);

static std::vector<Run> *recording = nullptr;

static long long setting(const char *name, long long otherwise) {
  const char *value = getenv(name);
  return value ? atoll(value) : otherwise;
}

// ---- the device

static long long most_shared() { return setting("STAND_IN_SHARED", 227 << 10); }

ANSWER cuDriverGetVersion(int *v) { *v = setting("STAND_IN_VERSION", 13000); return DONE; }
ANSWER cuInit(unsigned) { return setting("STAND_IN_DEVICES", 1) ? DONE : NO_DEVICE; }
ANSWER cuDeviceGet(int *d, int) { *d = 0; return DONE; }
ANSWER cuDeviceGetCount(int *n) { *n = 1; return DONE; }
ANSWER cuDeviceGetName(char *name, int len, int) { snprintf(name, len, "stand-in"); return DONE; }
ANSWER cuDeviceGetAttribute(int *v, int which, int) {
  static const std::map<int, int> all = {{16, 2}, {75, 9}, {76, 0}, {97, (int)most_shared()}, {115, 1}};
  auto found = all.find(which);
  if (found == all.end()) return INVALID;
  *v = found->second;
  return DONE;
}
ANSWER cuDevicePrimaryCtxRetain(void **c, int) { *c = (void *)1; return DONE; }
ANSWER cuDevicePrimaryCtxRelease_v2(int) { return DONE; }
ANSWER cuCtxSetCurrent(void *) { return DONE; }
ANSWER cuCtxGetCurrent(void **c) { *c = (void *)1; return DONE; }
ANSWER cuCtxSynchronize() { return recording ? CAPTURING : DONE; }
ANSWER cuStreamCreate(void **s, unsigned) { *s = (void *)2; return DONE; }
ANSWER cuStreamDestroy_v2(void *) { return DONE; }
ANSWER cuStreamSynchronize(void *) { return recording ? CAPTURING : DONE; }
ANSWER cuGetErrorString(int e, const char **s) {
  *s = e == OUT_OF_MEMORY ? "out of memory" : e == NO_DEVICE ? "no CUDA-capable device is detected" : "another error";
  return DONE;
}

struct Event { std::chrono::steady_clock::time_point at; };
ANSWER cuEventCreate(void **e, unsigned) { *e = new Event; return DONE; }
ANSWER cuEventDestroy_v2(void *e) { delete (Event *)e; return DONE; }
ANSWER cuEventRecord(void *e, void *) { ((Event *)e)->at = std::chrono::steady_clock::now(); return DONE; }
ANSWER cuEventSynchronize(void *) { return DONE; }
ANSWER cuEventElapsedTime_v2(float *ms, void *a, void *b) {
  *ms = std::chrono::duration<float, std::milli>(((Event *)b)->at - ((Event *)a)->at).count();
  return DONE;
}

// ---- memory

constexpr size_t PAGE = 4096;
static std::map<Pointer, std::pair<void *, size_t>> buffers;
static size_t taken = 0;

ANSWER cuMemAllocAsync(Pointer *p, size_t bytes, void *) {
  ALONE
  if (recording) return CAPTURING;
  if (!bytes) return INVALID;
  size_t pages = (bytes + PAGE - 1) / PAGE * PAGE;
  if (taken + pages > (size_t)setting("STAND_IN_MEMORY", 1ll << 31)) return OUT_OF_MEMORY;
  char *at = (char *)mmap(nullptr, pages + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return OUT_OF_MEMORY;
  mprotect(at + pages, PAGE, PROT_NONE);
  memset(at, 0xff, pages);
  *p = (Pointer)(at + pages - (bytes + 15) / 16 * 16);
  buffers[*p] = {at, pages};
  taken += pages;
  return DONE;
}
ANSWER cuMemFreeAsync(Pointer p, void *) {
  ALONE
  auto found = buffers.find(p);
  if (found == buffers.end()) return INVALID;
  munmap(found->second.first, found->second.second + PAGE);
  taken -= found->second.second;
  buffers.erase(found);
  return DONE;
}
ANSWER cuMemsetD8Async(Pointer p, unsigned char v, size_t n, void *) { memset((void *)p, v, n); return recording ? CAPTURING : DONE; }
ANSWER cuMemcpyHtoDAsync_v2(Pointer p, const void *from, size_t n, void *) { memcpy((void *)p, from, n); return recording ? CAPTURING : DONE; }
ANSWER cuMemcpyDtoHAsync_v2(void *to, Pointer p, size_t n, void *) { memcpy(to, (void *)p, n); return recording ? CAPTURING : DONE; }

// ---- kernels

ANSWER cuModuleLoadData(void **module, const void *image) {
  ALONE
  std::string text((const char *)image);
  std::regex barrier(R"(__sync(threads|warp)\(\);)");
  long long without = setting("STAND_IN_WITHOUT", -1);
  for (std::sregex_iterator at(text.begin(), text.end(), barrier), end; at != end; ++at)
    if (!without--) {
      text.erase(at->position(), at->length());
      break;
    }
  std::string base = std::string(getenv("STAND_IN_FOLDER")) + "/" + std::to_string(std::hash<std::string>()(text));
  std::string library = base + ".so";
  if (access(library.c_str(), R_OK)) {
    // Others may be at it: each writes its own file and puts it in place whole.
    std::string own = base + "-" + std::to_string(getpid());
    std::string whole = "#include \"" SOURCES "/kernel.h\"\n" + text;
    const std::string dynamic = "extern __shared__ float4 shared[];";
    for (size_t at; (at = whole.find(dynamic)) != std::string::npos;)
      whole.replace(at, dynamic.size(), "float4 *const shared = shared_memory;");
    std::regex kernel(R"(extern "C" __global__ void (?:__launch_bounds__\([^)]*\) )?(\w+)\()");
    for (std::sregex_iterator at(text.begin(), text.end(), kernel), end; at != end; ++at) whole += "KERNEL(" + (*at)[1].str() + ")\n";
    std::ofstream(own + ".cpp") << whole;
    std::string command = "c++ -std=c++17 -O1 -w -shared -fPIC -U_FORTIFY_SOURCE -fsanitize=alignment,bounds,shift,signed-integer-overflow "
      "-fsanitize-undefined-trap-on-error '" + own + ".cpp' -o '" + own + ".so'";
    if (system(command.c_str()) || rename((own + ".so").c_str(), library.c_str())) return INVALID;
    unlink((own + ".cpp").c_str());
  }
  *module = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!*module) fprintf(stderr, "stand-in: %s\n", dlerror());
  return *module ? DONE : INVALID;
}
ANSWER cuModuleUnload(void *) { return DONE; }
ANSWER cuModuleGetFunction(void **f, void *module, const char *name) {
  ALONE
  Function *of = new Function;
  of->launch = (Launch)dlsym(module, (std::string("launch_") + name).c_str());
  if (!of->launch) return NO_KERNEL;
  ((void (*)(std::vector<size_t> *))dlsym(module, (std::string("sizes_") + name).c_str()))(&of->sizes);
  *f = of;
  return DONE;
}
ANSWER cuFuncSetAttribute(void *f, int which, int value) {
  if (which != 8 || value > most_shared()) return INVALID;
  ((Function *)f)->shared = value;
  return DONE;
}
ANSWER cuFuncGetAttribute(int *v, int, void *) { *v = 0; return DONE; }
ANSWER cuLaunchKernel(void *f, unsigned x, unsigned y, unsigned z, unsigned tx, unsigned ty, unsigned tz, unsigned shared, void *, void **arguments, void **) {
  ALONE
  Run run{(Function *)f, x, y, (int)tx, shared, {}};
  if (!x || !y || y > 65535 || z != 1 || !tx || tx > 1024 || ty != 1 || tz != 1 || shared > run.of->shared) return INVALID;
  for (size_t i = 0; i < run.of->sizes.size(); i++) {
    char *at = (char *)arguments[i];
    run.arguments.emplace_back(at, at + run.of->sizes[i]);
  }
  if (recording) recording->push_back(run);
  else run.go();
  return DONE;
}

ANSWER cuStreamBeginCapture_v2(void *, int) { recording = new std::vector<Run>; return DONE; }
ANSWER cuStreamEndCapture(void *, void **graph) { *graph = recording; recording = nullptr; return DONE; }
ANSWER cuGraphInstantiateWithFlags(void **exec, void *graph, unsigned long long) { *exec = graph; return DONE; }
ANSWER cuGraphLaunch(void *graph, void *) { ALONE for (auto &run : *(std::vector<Run> *)graph) run.go(); return DONE; }
ANSWER cuGraphDestroy(void *graph) { delete (std::vector<Run> *)graph; return DONE; }
ANSWER cuGraphExecDestroy(void *) { return DONE; }

// ---- cuBLAS: products of matrices, column by column

template <class T> static int product(int ta, int tb, int m, int n, int k, const T *alpha, const T *a, int lda, const T *b, int ldb, const T *beta, T *c, int ldc) {
  if (m < 1 || n < 1 || k < 1 || lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m) return 7;
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) {
      T sum = 0;
      for (int l = 0; l < k; l++) sum += a[ta ? (size_t)i * lda + l : (size_t)l * lda + i] * b[tb ? (size_t)l * ldb + j : (size_t)j * ldb + l];
      T &to = c[(size_t)j * ldc + i];
      to = *alpha * sum + (*beta == 0 ? 0 : *beta * to);
    }
  return DONE;
}
ANSWER cublasCreate_v2(void **h) { *h = (void *)3; return DONE; }
ANSWER cublasDestroy_v2(void *) { return DONE; }
ANSWER cublasSetStream_v2(void *, void *) { return DONE; }
ANSWER cublasSgemm_v2(void *, int ta, int tb, int m, int n, int k, const float *alpha, const float *a, int lda, const float *b, int ldb, const float *beta, float *c, int ldc) {
  return product(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
ANSWER cublasDgemm_v2(void *, int ta, int tb, int m, int n, int k, const double *alpha, const double *a, int lda, const double *b, int ldb, const double *beta, double *c, int ldc) {
  return product(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

// ---- NVRTC: the text is its own translation

ANSWER nvrtcCreateProgram(void **p, const char *text, const char *, int, const char **, const char **) { *p = new std::string(text); return DONE; }
ANSWER nvrtcCompileProgram(void *, int, const char **) { return DONE; }
ANSWER nvrtcGetPTXSize(void *p, size_t *n) { *n = ((std::string *)p)->size() + 1; return DONE; }
ANSWER nvrtcGetPTX(void *p, char *to) { strcpy(to, ((std::string *)p)->c_str()); return DONE; }
ANSWER nvrtcDestroyProgram(void **p) { delete *(std::string **)p; return DONE; }
ANSWER nvrtcGetProgramLogSize(void *, size_t *n) { *n = 1; return DONE; }
ANSWER nvrtcGetProgramLog(void *, char *log) { *log = 0; return DONE; }
