#include "engine/checkpoint/content_check.h"

#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/sha256.h"
#include "engine/checkpoint/content_cache.h"
#include "engine/checkpoint/read_ahead.h"

namespace flm {
namespace {

constexpr std::int64_t kBlock = std::int64_t{1}
                                << 20;  // bytes hashed and scanned while they are in the cache

/// Values per inner loop: a constant count, so that the compiler vectorizes it; sums fit the word.
constexpr std::int64_t kRun = 1024;

/// `infinity` is the pattern of +Inf without the sign; larger patterns are NaNs.
template <typename Word>
NotFinite count_patterns(const std::byte* values, std::int64_t count, Word infinity) {
  constexpr Word kMagnitude = static_cast<Word>(static_cast<Word>(~Word{0}) >> 1);
  NotFinite out;
  const auto add = [&](const Word* run, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
      out.nans += (run[i] & kMagnitude) > infinity;
      out.infinities += (run[i] & kMagnitude) == infinity;
    }
  };
  Word run[kRun];
  while (count >= kRun) {
    std::memcpy(run, values, sizeof run);
    Word found = 0;
    for (std::int64_t i = 0; i < kRun; ++i) {
      found = static_cast<Word>(found | static_cast<Word>((run[i] & kMagnitude) >= infinity));
    }
    if (found) add(run, kRun);
    values += sizeof run;
    count -= kRun;
  }
  std::memcpy(run, values, static_cast<std::size_t>(count) * sizeof(Word));
  add(run, count);
  return out;
}

struct Finding {
  const std::string* name;
  const StoredTensor* tensor;
  std::string sha256;
  NotFinite not_finite;
};

/// What several threads have read together: shown, and the next bytes asked for.
class SharedPass {
 public:
  SharedPass(const std::vector<Finding*>& order, std::int64_t total, Progress& progress)
      : progress_(progress), total_(total), ahead_(extents_of(order)) {
    ahead_.advance(0);
  }
  void add(std::int64_t bytes) {
    ahead_.advance(done_ += bytes);
    const std::lock_guard<std::mutex> lock(mutex_);
    progress_.update("checking weights (bytes)", done_, total_);
  }

 private:
  static std::vector<ReadAhead::Extent> extents_of(const std::vector<Finding*>& order) {
    std::vector<ReadAhead::Extent> extents;
    for (const Finding* finding : order) {
      const StoredTensor& tensor = *finding->tensor;
      if (tensor.in_place()) extents.push_back({tensor.data, tensor.bytes()});
    }
    return extents;
  }

  Progress& progress_;
  const std::int64_t total_;
  ReadAhead ahead_;
  std::mutex mutex_;
  std::atomic<std::int64_t> done_{0};
};

void check_tensor(Finding& finding, SharedPass& pass) {
  const RowMajor loaded = row_major(*finding.tensor);
  const bool mapped = finding.tensor->in_place();
  const std::int64_t bytes = finding.tensor->bytes();
  const auto element = static_cast<std::int64_t>(bytes_of(loaded.view.dtype));
  Sha256 sha;
  for (std::int64_t at = 0; at < bytes; at += kBlock) {
    const std::int64_t n = std::min(kBlock, bytes - at);
    if (mapped) map_pages(loaded.view.data + at, n);
    sha.update(loaded.view.data + at, static_cast<std::size_t>(n));
    const NotFinite found = count_not_finite(loaded.view.dtype, loaded.view.data + at, n / element);
    finding.not_finite.nans += found.nans;
    finding.not_finite.infinities += found.infinities;
    pass.add(n);
  }
  finding.sha256 = sha.hex();
}

/// One tensor after another, so that the files are read forwards, by more threads than there are
/// cores: while one waits for the disk, another hashes.
void check_all(const std::vector<Finding*>& order, SharedPass& pass) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < order.size(); i = next++) check_tensor(*order[i], pass);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2 * tbb::this_task_arena::max_concurrency(); ++i)
      threads.emplace_back(work);
  }
  if (failure) std::rethrow_exception(failure);
}

std::string description(const Finding& finding) {
  return *finding.name + " " + name_of(*finding.tensor->dtype) + " " +
         shape_text(finding.tensor->shape);
}

WeightTable::ContentCheck summary(const std::vector<Finding>& findings) {
  WeightTable::ContentCheck out;
  Sha256 sha;
  for (const Finding& finding : findings) {
    sha.update(description(finding) + " " + finding.sha256 + "\n");
    const NotFinite& found = finding.not_finite;
    if (found.nans == 0 && found.infinities == 0) continue;
    out.not_finite.push_back(*finding.name + ": " + std::to_string(found.nans) + " NaN, " +
                             std::to_string(found.infinities) + " Inf");
  }
  out.hash = sha.hex();
  return out;
}

/// Changes with any file and with the set of tensors.
std::string cache_key(const std::vector<Finding>& findings) {
  Sha256 sha;
  sha.update("contents v1\n");
  std::set<std::string> files;
  for (const Finding& finding : findings) {
    sha.update(description(finding) + "\n");
    files.insert(finding.tensor->file->identity());
  }
  for (const std::string& file : files) sha.update(file + "\n");
  return sha.hex();
}

}  // namespace

NotFinite count_not_finite(DType dtype, const std::byte* values, std::int64_t count) {
  switch (dtype) {
    case DType::kF32:
      return count_patterns<std::uint32_t>(values, count, 0x7F800000);
    case DType::kF16:
      return count_patterns<std::uint16_t>(values, count, 0x7C00);
    case DType::kBF16:
      return count_patterns<std::uint16_t>(values, count, 0x7F80);
  }
  return {};
}

WeightTable::ContentCheck check_contents(const std::map<std::string, const StoredTensor*>& tensors,
                                         Progress& progress, bool use_cache) {
  std::vector<Finding> findings;
  std::int64_t total = 0;
  for (const auto& [name, tensor] : tensors) {
    findings.push_back({&name, tensor, "", {}});
    total += tensor->bytes();
  }
  const std::string key = cache_key(findings);
  if (use_cache) {
    if (auto cached = cached_contents(key)) return *cached;
  }
  std::vector<Finding*> order;  // as the files store them, so that the disk is read forwards
  for (Finding& finding : findings) order.push_back(&finding);
  std::sort(order.begin(), order.end(), [](const Finding* a, const Finding* b) {
    const auto place = [](const Finding* f) {
      return std::pair<const std::string&, const std::byte*>(f->tensor->file->path(),
                                                             f->tensor->data);
    };
    return place(a) < place(b);
  });
  SharedPass pass(order, total, progress);
  check_all(order, pass);
  const WeightTable::ContentCheck check = summary(findings);
  cache_contents(key, check);
  return check;
}

}  // namespace flm
