#include "engine/checkpoint/contents/content_check.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "base/errors.h"
#include "base/sha256.h"

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

ReadAhead::Extent extent_of(const StoredTensor& tensor) {
  return {tensor.data, tensor.in_place() ? tensor.bytes() : 0};
}

std::int64_t chunks_of(const StoredTensor& tensor) {
  return (tensor.bytes() + kContentChunk - 1) / kContentChunk;
}

std::string description(const StoredTensor& tensor) {
  return std::string(name_of(*tensor.dtype)) + " " + shape_text(tensor.shape);
}

/// SHA-256 of a chunk; `found` grows by its values that are not finite.
std::string look_at(DType dtype, const std::byte* data, std::int64_t bytes, bool mapped,
                    NotFinite& found) {
  const auto element = static_cast<std::int64_t>(bytes_of(dtype));
  Sha256 sha;
  for (std::int64_t at = 0; at < bytes; at += kBlock) {
    const std::int64_t n = std::min(kBlock, bytes - at);
    if (mapped) map_pages(data + at, n);
    sha.update(data + at, static_cast<std::size_t>(n));
    const NotFinite more = count_not_finite(dtype, data + at, n / element);
    found.nans += more.nans;
    found.infinities += more.infinities;
  }
  return sha.hex();
}

/// The hashes of all chunks are the leaves of a tree, its tensors the branches.
WeightTable::ContentCheck summary(const std::vector<ContentFinding>& findings) {
  WeightTable::ContentCheck out;
  Sha256 root;
  root.update("weights 2\n");
  for (const ContentFinding& finding : findings) {
    TensorContent& content = out.tensors[*finding.name];
    content = {description(*finding.tensor), finding.tensor->bytes(), finding.chunks};
    Sha256 branch;
    for (const std::string& chunk : content.chunks) branch.update(chunk + "\n");
    root.update(*finding.name + " " + content.description + " " + branch.hex() + "\n");
    const NotFinite& found = finding.not_finite;
    if (found.nans == 0 && found.infinities == 0) continue;
    out.not_finite.push_back(*finding.name + ": " + std::to_string(found.nans) + " NaN, " +
                             std::to_string(found.infinities) + " Inf");
  }
  out.hash = root.hex();
  return out;
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

ContentKey content_key(const std::map<std::string, const StoredTensor*>& tensors) {
  std::set<std::string> places, files;
  Sha256 identity;
  identity.update("contents v2\n");
  for (const auto& [name, tensor] : tensors) {
    identity.update(name + " " + description(*tensor) + "\n");
    for (const Tile& tile : tiles_of(*tensor)) {
      places.insert(tile.file->place());
      files.insert(tile.file->identity());
    }
  }
  for (const std::string& file : files) identity.update(file + "\n");
  Sha256 place;
  for (const std::string& one : places) place.update(one + "\n");
  return {place.hex(), identity.hex()};
}

ContentPass::ContentPass(const std::map<std::string, const StoredTensor*>& tensors,
                         Progress& progress, bool use_cache, int threads)
    : progress_(progress),
      threads_(static_cast<std::size_t>(threads)),
      key_(content_key(tensors)),
      last_(last_check(key_.place)),
      jobs_(threads) {
  for (const auto& [name, tensor] : tensors) {
    findings_.push_back({&name, tensor});
    total_ += tensor->bytes();
  }
  if (!use_cache || !last_ || last_->identity != key_.identity) return;
  known_ = last_->check;
  known_->from_cache = from_cache_ = true;
}

bool ContentPass::start(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (known_) return false;
  const auto found = std::lower_bound(
      findings_.begin(), findings_.end(), name,
      [](const ContentFinding& finding, const std::string& key) { return *finding.name < key; });
  FLM_CHECK(found != findings_.end() && *found->name == name, "no weight " + name);
  if (found->started) return false;
  found->started = true;
  jobs_.wait_below(threads_);
  const auto walk =
      std::make_shared<Walk>(std::vector<ReadAhead::Extent>{extent_of(*found->tensor)});
  walk->ahead.advance(0);
  add_jobs(*found, walk);
  return true;
}

/// A chunk is a job. What lies in pieces is put together chunk by chunk.
void ContentPass::add_jobs(ContentFinding& finding, const std::shared_ptr<Walk>& walk) {
  const std::int64_t count = chunks_of(*finding.tensor);
  finding.chunks.resize(static_cast<std::size_t>(count));
  for (std::int64_t chunk = 0; chunk < count; ++chunk)
    jobs_.add([this, &finding, chunk, walk] { look_through(finding, chunk, *walk); });
}

void ContentPass::look_through(ContentFinding& finding, std::int64_t chunk, Walk& walk) {
  const StoredTensor& tensor = *finding.tensor;
  const bool mapped = tensor.in_place();
  const std::int64_t from = chunk * kContentChunk;
  const std::int64_t bytes = std::min(kContentChunk, tensor.bytes() - from);
  std::vector<std::byte> copy(static_cast<std::size_t>(mapped ? 0 : bytes));
  if (mapped) {
    walk.ahead.advance(walk.used);
  } else {
    const auto element = static_cast<std::int64_t>(bytes_of(*tensor.dtype));
    copy_elements(tensor, from / element, bytes / element, copy.data());
  }
  NotFinite found;
  finding.chunks[static_cast<std::size_t>(chunk)] =
      look_at(*tensor.dtype, mapped ? tensor.data + from : copy.data(), bytes, mapped, found);
  if (mapped) {
    walk.used += bytes;
    release_pages(tensor, from, bytes);
  }
  const std::lock_guard lock(findings_mutex_);
  finding.not_finite.nans += found.nans;
  finding.not_finite.infinities += found.infinities;
  done_ += bytes;
  progress_.update("checking weights (bytes)", done_, total_);
}

/// As the files store them, so that the disk is read forwards.
std::vector<ContentFinding*> ContentPass::not_started() {
  std::vector<std::pair<std::pair<std::string, const std::byte*>, ContentFinding*>> order;
  for (ContentFinding& finding : findings_) {
    if (finding.started) continue;
    const Tile first = tiles_of(*finding.tensor).front();
    order.push_back({{first.file->path(), first.data}, &finding});
  }
  std::sort(order.begin(), order.end());
  std::vector<ContentFinding*> out;
  for (const auto& [place, finding] : order) out.push_back(finding);
  return out;
}

void ContentPass::require_unchanged() const {
  std::set<const MappedFile*> files;
  for (const ContentFinding& finding : findings_)
    for (const Tile& tile : tiles_of(*finding.tensor)) files.insert(tile.file.get());
  for (const MappedFile* file : files) file->require_unchanged();
}

WeightTable::ContentCheck ContentPass::finish() {
  const std::lock_guard lock(mutex_);
  if (known_) return *known_;
  const std::vector<ContentFinding*> rest = not_started();
  std::vector<ReadAhead::Extent> extents;
  std::int64_t apart = 0;
  for (ContentFinding* finding : rest) {
    finding->started = true;
    extents.push_back(extent_of(*finding->tensor));
    apart += finding->tensor->bytes();
  }
  const auto walk = std::make_shared<Walk>(std::move(extents));
  walk->ahead.advance(0);
  for (ContentFinding* finding : rest) add_jobs(*finding, walk);
  jobs_.wait();
  for (const ContentFinding& finding : findings_)
    for (const std::string& chunk : finding.chunks)  // a failure before must not become a hash
      FLM_CHECK(!chunk.empty(), "a weight was not looked through: " + *finding.name);
  require_unchanged();
  WeightTable::ContentCheck check = summary(findings_);
  check.read_apart = apart;
  // Files that nobody wrote keep what was found first: model verify tells where they differ now.
  if (!last_ || last_->identity != key_.identity)
    remember_check(key_.place, {key_.identity, check});
  known_ = check;
  return check;
}

}  // namespace flm
