#include "reports/statistics/bootstrap.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>

namespace flm {
namespace {

/// CPython's random.Random(seed).random() for a seed below 2^32.
class PythonUniform {
 public:
  explicit PythonUniform(std::uint32_t seed) : state_(19650218U) {
    // init_by_array with the one word `seed`; std::mt19937 takes a state only as text or by a seed
    // sequence, so this is one that hands it over.
    std::vector<std::uint32_t> words(624);
    words[0] = 19650218U;
    for (std::uint32_t i = 1; i < 624; ++i)
      words[i] = 1812433253U * (words[i - 1] ^ (words[i - 1] >> 30)) + i;
    mix(words, 1664525U, 624, [&](std::uint32_t) { return seed; });
    mix(words, 1566083941U, 623, [&](std::uint32_t i) { return 0U - i; });
    words[0] = 0x80000000U;
    Handover sequence{words};
    state_.seed(sequence);
  }

  double operator()() {
    const std::uint32_t high = static_cast<std::uint32_t>(state_()) >> 5;
    const std::uint32_t low = static_cast<std::uint32_t>(state_()) >> 6;
    return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
  }

 private:
  struct Handover {
    using result_type = std::uint32_t;
    const std::vector<std::uint32_t>& words;
    template <typename Iterator>
    void generate(Iterator begin, Iterator) const {
      std::copy(words.begin(), words.end(), begin);
    }
  };

  template <typename Addend>
  void mix(std::vector<std::uint32_t>& words, std::uint32_t factor, int rounds, Addend addend) {
    for (int r = 0; r < rounds; ++r) {
      words[at_] =
          (words[at_] ^ ((words[at_ - 1] ^ (words[at_ - 1] >> 30)) * factor)) + addend(at_);
      if (++at_ == 624) {
        words[0] = words[623];
        at_ = 1;
      }
    }
  }

  std::mt19937 state_;
  std::uint32_t at_ = 1;
};

void fill_chunk(std::uint32_t seed, std::size_t items, const ReplicateStatistic& statistic,
                std::span<double> replicates) {
  PythonUniform random(seed);
  std::vector<std::uint32_t> drawn(items);
  const double n = static_cast<double>(items);
  for (double& replicate : replicates) {
    for (std::uint32_t& index : drawn) index = static_cast<std::uint32_t>(random() * n);
    replicate = statistic(drawn);
  }
}

/// Left to right, as CPython 3.11's sum() does.
double sample_deviation(const std::vector<double>& values) {
  double total = 0, squares = 0;
  for (double v : values) total += v;
  const double mean = total / static_cast<double>(values.size());
  for (double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

double bootstrap_stderr(std::size_t items, const ReplicateStatistic& statistic, int iterations) {
  const std::size_t chunk = static_cast<std::size_t>(std::min(1000, iterations));
  const std::size_t chunks = static_cast<std::size_t>(iterations) / chunk;
  std::vector<double> replicates(chunk * chunks);
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < chunks; i = next++) {
      fill_chunk(static_cast<std::uint32_t>(i), items, statistic,
                 std::span(replicates).subspan(i * chunk, chunk));
    }
  };
  std::vector<std::jthread> threads;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t t = 1; t < std::min(cores, chunks); ++t) threads.emplace_back(work);
  work();
  threads.clear();
  return sample_deviation(replicates);
}

}  // namespace flm
