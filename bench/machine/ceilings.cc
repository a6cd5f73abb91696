#include "bench/machine/ceilings.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "base/system/clock.h"
#include "bench/machine/peak_kernels.h"

namespace flm::bench {
namespace {

struct Free {
  void operator()(float* p) const { std::free(p); }
};
using Array = std::unique_ptr<float[], Free>;

/// In huge pages where the system gives them, as the engine's weights are: with small ones the
/// walks of the page table would lower the ceiling.
Array touched(std::size_t count) {
  constexpr std::size_t kHugePage = std::size_t{1} << 21;
  const std::size_t bytes = (count * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
  Array array(static_cast<float*>(std::aligned_alloc(kHugePage, bytes)));
  if (!array) throw std::bad_alloc();
  madvise(array.get(), bytes, MADV_HUGEPAGE);  // a wish
  std::fill_n(array.get(), count, 1.0f);
  return array;
}

/// What one thread did between two times.
struct Span {
  double begin = 0, end = 0, amount = 0;
};

/// From the first begin to the last end, so that a thread that starts late counts against the rate.
double rate_of(const std::vector<Span>& spans) {
  double begin = spans[0].begin, end = spans[0].end, amount = 0;
  for (const Span& span : spans) {
    begin = std::min(begin, span.begin);
    end = std::max(end, span.end);
    amount += span.amount;
  }
  return amount / (end - begin);
}

/// Runs work(thread) on `threads` threads at once, this one among them, again and again; the best
/// total rate.
double best_rate(int threads, double seconds, const std::function<double(int)>& work) {
  std::barrier<> gate(threads);
  std::atomic<bool> done = false;
  std::vector<Span> spans(static_cast<std::size_t>(threads));
  const auto once = [&](int t) {
    gate.arrive_and_wait();
    Span span{monotonic_seconds(), 0, 0};
    span.amount = work(t);
    span.end = monotonic_seconds();
    spans[static_cast<std::size_t>(t)] = span;
    gate.arrive_and_wait();
  };
  std::vector<std::jthread> team;
  for (int t = 1; t < threads; ++t)
    team.emplace_back([&, t] {
      do {
        once(t);
        gate.arrive_and_wait();  // the first thread has decided
      } while (!done);
    });
  double best = 0;
  const double until = monotonic_seconds() + seconds;
  while (!done) {
    once(0);
    best = std::max(best, rate_of(spans));
    done = monotonic_seconds() >= until;
    gate.arrive_and_wait();
  }
  return best;
}

/// Arrays of one thread for the bandwidths.
struct Arrays {
  Array x, y, z;
  std::size_t next = 0;  // where the next part begins
};

/// The memory that a row's traffic goes to: its own copies if they stay in a cache. "mixed" is the
/// better of copy and triad, as neither is an upper bound alone.
std::string traffic_of(const Row& row, const Machine& machine) {
  const double bytes = row.cost.bytes(), each = bytes / row.threads;
  if (row.cold || bytes > 3 * machine.last_cache_bytes)
    return row.cost.write_bytes > 0.1 * bytes ? "mixed" : "read";
  if (each <= 2 * machine.l1_bytes) return "read_l1";
  return each <= 2 * machine.l2_bytes ? "read_l2" : "read_llc";
}

/// Without instructions for bf16 its products are made by those of fp32.
std::string arithmetic_of(const Row& row, const Machine& machine) {
  return row.dtype == "bf16" && machine.bf16_dot ? "dot_bf16" : "fma_fp32";
}

/// 0: not measured.
double rate_of(const std::string& name, const Ceilings& ceilings) {
  const auto found = ceilings.find(name);
  return found == ceilings.end() ? 0.0 : found->second;
}

std::string faster(const std::string& one, const std::string& other, const Ceilings& ceilings) {
  return rate_of(one, ceilings) > rate_of(other, ceilings) ? one : other;
}

std::string device_traffic_of(const Row& row, const Ceilings& ceilings) {
  const bool writes = row.cost.write_bytes > 0.1 * row.cost.bytes();
  return writes ? "cuda/copy" : faster("cuda/copy", "cuda/read", ceilings);
}

Floor larger_floor(double bytes, const std::string& traffic, double flops,
                   const std::string& arithmetic, const Ceilings& ceilings) {
  const double memory = rate_of(traffic, ceilings), compute = rate_of(arithmetic, ceilings);
  const Floor of_memory{memory > 0 ? bytes / memory : 0, "memory", traffic, arithmetic};
  const Floor of_compute{compute > 0 ? flops / compute : 0, "compute", arithmetic, traffic};
  return of_memory.seconds > of_compute.seconds ? of_memory : of_compute;
}

}  // namespace

/// The loops of one number of threads, with their memory.
class CeilingMeter::Loops {
 public:
  Loops(const Machine& machine, int threads)
      : kernels_(peak_kernels(machine.isa, machine.bf16_dot)),
        threads_(threads),
        sinks_(static_cast<std::size_t>(threads)) {
    add_memory(machine.last_cache_bytes);
    add_cache("read_l1", machine.l1_bytes);
    add_cache("read_l2", machine.l2_bytes);
    add_cache("read_llc", machine.last_cache_bytes / machine.threads);
    works_["fma_fp32"] = [this](int t) { return peak(kernels_.fma, t); };
    if (kernels_.dot_bf16)
      works_["dot_bf16"] = [this](int t) { return peak(kernels_.dot_bf16, t); };
  }

  /// Bytes or FLOP per second; 0 for an unknown name.
  double rate(const std::string& name, double seconds) {
    const auto work = works_.find(name);
    return work == works_.end() ? 0 : best_rate(threads_, seconds, work->second);
  }

 private:
  /// Parts of arrays that together are more than 3 x the last cache, one after another: a part has
  /// left the caches when it comes again.
  void add_memory(double last_cache_bytes) {
    part_ = static_cast<std::size_t>(16e6 / 4 / threads_ / 4096) * 4096;
    count_ = part_ * static_cast<std::size_t>(1 + 3.2 * last_cache_bytes / 4 / threads_ /
                                                      static_cast<double>(part_));
    for (int t = 0; t < threads_; ++t)
      arrays_.push_back({touched(count_), touched(count_), touched(count_)});
    const double bytes = static_cast<double>(part_) * 4;
    works_["read"] = [this, bytes](int t) {
      const Arrays& a = next(t);
      sink(t) = kernels_.read(a.x.get() + a.next, part_);
      return bytes;
    };
    works_["copy"] = [this, bytes](int t) {
      const Arrays& a = next(t);
      kernels_.copy(a.x.get() + a.next, a.y.get() + a.next, part_);
      return 2 * bytes;
    };
    works_["triad"] = [this, bytes](int t) {
      const Arrays& a = next(t);
      kernels_.triad(a.x.get() + a.next, a.y.get() + a.next, a.z.get() + a.next, part_);
      return 3 * bytes;
    };
  }

  /// A block of half the cache for each thread, read again and again.
  void add_cache(const std::string& name, double cache_bytes) {
    const auto count = static_cast<std::size_t>(cache_bytes / 2 / 4 / 256) * 256;
    const std::size_t rounds = std::max<std::size_t>(1, (std::size_t{1} << 25) / (count * 4));
    works_[name] = [this, count, rounds](int t) {
      float sum = 0;
      for (std::size_t r = 0; r < rounds; ++r)
        sum += kernels_.read(arrays_[static_cast<std::size_t>(t)].x.get(), count);
      sink(t) = sum;
      return static_cast<double>(rounds * count * 4);
    };
  }

  double peak(float (*kernel)(std::size_t, double*), int thread) {
    double flops = 0;
    sink(thread) = kernel(100000, &flops);
    return flops;
  }

  const Arrays& next(int t) {
    Arrays& mine = arrays_[static_cast<std::size_t>(t)];
    mine.next = mine.next + part_ == count_ ? 0 : mine.next + part_;
    return mine;
  }
  volatile float& sink(int t) { return sinks_[static_cast<std::size_t>(t)].value; }

  struct alignas(64) Sink {
    volatile float value = 0;
  };
  const PeakKernels kernels_;
  const int threads_;
  std::vector<Sink> sinks_;
  std::vector<Arrays> arrays_;
  std::size_t part_ = 0, count_ = 0;
  std::map<std::string, std::function<double(int)>> works_;
};

CeilingMeter::CeilingMeter(const Machine& machine) : machine_(machine) {}
CeilingMeter::~CeilingMeter() = default;

CeilingMeter::Loops& CeilingMeter::loops(int threads) {
  std::unique_ptr<Loops>& loops = loops_[threads];
  if (!loops) loops = std::make_unique<Loops>(machine_, threads);
  return *loops;
}

void CeilingMeter::measure(const std::string& name, double seconds) {
  const auto at = name.find("/threads:");
  if (at == std::string::npos) return;
  const int threads = std::stoi(name.substr(at + 9));
  const double rate = loops(threads).rate(name.substr(0, at), seconds);
  if (rate > 0) best_[name] = std::max(best_[name], rate);
}

void CeilingMeter::measure_all(const std::set<std::string>& names, double seconds,
                               Progress& progress) {
  std::int64_t done = 0;
  for (const std::string& name : names) {
    progress.update("ceilings", done++, static_cast<std::int64_t>(names.size()));
    measure(name, seconds);
  }
}

std::set<std::string> needed_ceilings(const std::vector<Row>& rows, const Machine& machine) {
  std::set<std::string> names;
  for (const Row& row : rows) {
    if (row.device != "cpu" || !row.skip.empty()) continue;
    const std::string suffix = "/threads:" + std::to_string(row.threads);
    const std::string traffic = traffic_of(row, machine);
    for (const std::string& name :
         traffic == "mixed" ? std::vector<std::string>{"copy", "triad"} : std::vector{traffic})
      names.insert(name + suffix);
    names.insert(arithmetic_of(row, machine) + suffix);
    names.insert({"read" + suffix, "fma_fp32" + suffix});
  }
  return names;
}

Floor floor_of(const Row& row, const Ceilings& ceilings, const Machine& machine) {
  if (row.device != "cpu") {
    const double bytes = row.cold ? row.cost.bytes() : 0;  // the device's caches have no ceiling
    return larger_floor(bytes, device_traffic_of(row, ceilings), row.cost.flops,
                        row.dtype == "bf16" ? "cuda/gemm_bf16" : "cuda/gemm_fp32", ceilings);
  }
  const std::string suffix = "/threads:" + std::to_string(row.threads);
  std::string traffic = traffic_of(row, machine) + suffix;
  if (traffic == "mixed" + suffix) traffic = faster("copy" + suffix, "triad" + suffix, ceilings);
  return larger_floor(row.cost.bytes(), traffic, row.cost.flops,
                      arithmetic_of(row, machine) + suffix, ceilings);
}

}  // namespace flm::bench
