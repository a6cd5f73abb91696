#include "engine/checkpoint/content_check.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/errors.h"
#include "base/machine.h"
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

/// Two for each core that the process may use: while one waits for the disk, another hashes.
int threads_that_hash() { return 2 * available_threads(); }

ReadAhead::Extent extent_of(const StoredTensor& tensor) {
  return {tensor.data, tensor.in_place() ? tensor.bytes() : 0};
}

/// `read` is told of the bytes that are done with.
template <typename Read>
void check_tensor(ContentFinding& finding, const Read& read) {
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
    read(n);
  }
  finding.sha256 = sha.hex();
}

/// One tensor after another, so that the files are read forwards, by several threads.
template <typename Read>
void check_all(const std::vector<ContentFinding*>& order, const Read& read) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < order.size(); i = next++) check_tensor(*order[i], read);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < threads_that_hash(); ++i) threads.emplace_back(work);
  }
  if (failure) std::rethrow_exception(failure);
}

std::string description(const ContentFinding& finding) {
  return *finding.name + " " + name_of(*finding.tensor->dtype) + " " +
         shape_text(finding.tensor->shape);
}

WeightTable::ContentCheck summary(const std::vector<ContentFinding>& findings) {
  WeightTable::ContentCheck out;
  Sha256 sha;
  for (const ContentFinding& finding : findings) {
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
std::string cache_key(const std::vector<ContentFinding>& findings) {
  Sha256 sha;
  sha.update("contents v1\n");
  std::set<std::string> files;
  for (const ContentFinding& finding : findings) {
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

ContentPass::ContentPass(const std::map<std::string, const StoredTensor*>& tensors,
                         Progress& progress, bool use_cache)
    : progress_(progress) {
  for (const auto& [name, tensor] : tensors) {
    findings_.push_back({&name, tensor});
    total_ += tensor->bytes();
  }
  key_ = cache_key(findings_);
  if (use_cache) known_ = cached_contents(key_);
  from_cache_ = known_.has_value();
}

void ContentPass::start(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (known_) return;
  const auto found = std::lower_bound(
      findings_.begin(), findings_.end(), name,
      [](const ContentFinding& finding, const std::string& key) { return *finding.name < key; });
  FLM_CHECK(found != findings_.end() && *found->name == name, "no weight " + name);
  if (found->started) return;
  // One that is not in place is copied to be looked through: no other beside it.
  const std::size_t most =
      found->tensor->in_place() ? static_cast<std::size_t>(threads_that_hash()) : 1;
  while (on_the_way_.size() >= most) {
    std::future<void> oldest = std::move(on_the_way_.front());
    on_the_way_.pop_front();
    oldest.get();
  }
  ContentFinding& finding = *found;
  on_the_way_.push_back(
      std::async(std::launch::async, [this, &finding] { look_through(finding); }));
  finding.started = true;
}

void ContentPass::look_through(ContentFinding& finding) {
  ReadAhead ahead({extent_of(*finding.tensor)});
  std::int64_t used = 0;
  ahead.advance(used);
  check_tensor(finding, [&](std::int64_t bytes) {
    FLM_CHECK(!given_up_, "weights looked through for nobody");  // stays in the future
    ahead.advance(used += bytes);
    count(bytes);
  });
}

void ContentPass::count(std::int64_t bytes) {
  done_ += bytes;
  const std::lock_guard lock(progress_mutex_);
  progress_.update("checking weights (bytes)", done_, total_);
}

/// As the files store them, so that the disk is read forwards.
std::vector<ContentFinding*> ContentPass::not_started() {
  std::vector<ContentFinding*> order;
  for (ContentFinding& finding : findings_)
    if (!finding.started) order.push_back(&finding);
  std::sort(order.begin(), order.end(), [](const ContentFinding* a, const ContentFinding* b) {
    const auto place = [](const ContentFinding* f) {
      return std::pair<const std::string&, const std::byte*>(f->tensor->file->path(),
                                                             f->tensor->data);
    };
    return place(a) < place(b);
  });
  return order;
}

WeightTable::ContentCheck ContentPass::finish() {
  const std::lock_guard lock(mutex_);
  if (known_) return *known_;
  const std::vector<ContentFinding*> rest = not_started();
  std::vector<ReadAhead::Extent> extents;
  for (ContentFinding* finding : rest) {
    finding->started = true;
    extents.push_back(extent_of(*finding->tensor));
  }
  ReadAhead ahead(std::move(extents));
  std::atomic<std::int64_t> used{0};
  ahead.advance(used);
  check_all(rest, [&](std::int64_t bytes) {
    ahead.advance(used += bytes);
    count(bytes);
  });
  for (; !on_the_way_.empty(); on_the_way_.pop_front()) on_the_way_.front().get();
  for (const ContentFinding& finding : findings_)  // a failure before must not become a hash
    FLM_CHECK(!finding.sha256.empty(), "a weight was not looked through: " + *finding.name);
  WeightTable::ContentCheck check = summary(findings_);
  check.read_apart = used;
  cache_contents(key_, check);
  known_ = check;
  return check;
}

}  // namespace flm
