#include "engine/checkpoint/folder_weights.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "base/errors.h"
#include "base/system/machine.h"
#include "engine/checkpoint/logical_tensors.h"
#include "engine/checkpoint/plain_names.h"

namespace flm {
namespace {

void check_tensor(const WeightSpec& spec, const StoredTensor& tensor, Faults& faults) {
  if (!tensor.dtype) {
    faults.add(kNoWeight, tensor.name + " " + tensor.dtype_name);
  }
  if (tensor.shape != spec.shape) {
    faults.add("wrong shape", tensor.name + " expected " + shape_text(spec.shape) + " found " +
                                  shape_text(tensor.shape));
  }
}

/// What holds a tensor that lies in place: its pages go where nobody has use for them any more, for
/// they would stand in the process's memory beside what was packed of them.
std::shared_ptr<const void> in_use(const StoredTensor& tensor) {
  return {tensor.data, [tensor](const void*) { release_pages(tensor, 0, tensor.bytes()); }};
}

}  // namespace

FolderWeights::FolderWeights(const std::string& folder, const ModelConfig& config, int threads,
                             const std::string& weights)
    : folder_(folder),
      files_(read_checkpoint_files(folder, config, weights)),
      threads_(threads > 0 ? threads : available_threads()) {
  Faults rearranged;
  files_.tensors =
      logical_tensors(plain_names(std::move(files_.tensors), config), config, rearranged);
  const std::string what =
      "the tensors in " + folder + " are not those of its config.json; take both from one model";
  rearranged.throw_if_any(what);
  std::map<std::string, const StoredTensor*> stored;
  for (const StoredTensor& tensor : files_.tensors) stored[tensor.name] = &tensor;
  Faults faults;
  take_expected(config, stored, faults);
  const StoredTensor* tied_head = nullptr;
  for (const auto& [name, tensor] : stored) {
    const bool head = config.tied && name == config.names.head + ".weight";
    if (head) tied_head = tensor;
    if (head || is_ignored(name)) {
      ignored_.push_back(name);
    } else {
      faults.add("surplus", name);
    }
  }
  faults.throw_if_any(what);
  if (tied_head)
    check_tied_head(folder, tied_head, tensors_.at(config.names.embedding + ".weight"));
  count();
}

void FolderWeights::take_expected(const ModelConfig& config,
                                  std::map<std::string, const StoredTensor*>& stored,
                                  Faults& faults) {
  for (const WeightSpec& spec : expected_weights(config)) {
    const auto found = stored.find(spec.name);
    if (found == stored.end()) {
      faults.add("missing", spec.name);
      continue;
    }
    check_tensor(spec, *found->second, faults);
    tensors_.insert(*found);
    stored.erase(found);
  }
}

std::vector<std::string> FolderWeights::file_names() const {
  std::vector<std::string> names;
  for (const auto& file : files_.files) {
    names.push_back(std::filesystem::path(file->path()).lexically_relative(folder_).string());
  }
  return names;
}

void FolderWeights::check_tied_head(const std::string& folder, const StoredTensor* head,
                                    const StoredTensor* embedding) const {
  const auto differ = [&](const std::string& how) {
    throw UserError("tie_word_embeddings is true, or missing where that means true, but " +
                    head->name + " differs from " + embedding->name + " " + how + " in " + folder +
                    ": set tie_word_embeddings to false");
  };
  if (head->shape != embedding->shape || head->dtype != embedding->dtype)
    differ("in shape or dtype");
  const RowMajor a = row_major(*head), b = row_major(*embedding);
  if (a.view.data == b.view.data) return;
  read_apart_ += 2 * head->bytes();
  if (std::memcmp(a.view.data, b.view.data, static_cast<std::size_t>(head->bytes())) != 0)
    differ("in its values");
}

void FolderWeights::count() {
  std::array<std::int64_t, 3> elements{};
  for (const auto& [name, tensor] : tensors_) {
    elements[static_cast<std::size_t>(*tensor->dtype)] += tensor->elements();
    bytes_ += tensor->bytes();
    parameters_ += tensor->elements();
    reads_[name] = std::make_shared<Reads>();
  }
  for (DType dtype : {DType::kF16, DType::kBF16}) {
    if (elements[static_cast<std::size_t>(dtype)] > elements[static_cast<std::size_t>(dtype_)])
      dtype_ = dtype;
  }
}

TensorView FolderWeights::described(const std::string& name) const {
  const auto found = tensors_.find(name);
  FLM_CHECK(found != tensors_.end(), "no weight " + name);
  return {*found->second->dtype, found->second->shape, nullptr};
}

WeightTable::Loaded FolderWeights::load(const std::string& name) const {
  const auto found = tensors_.find(name);
  FLM_CHECK(found != tensors_.end(), "no weight " + name);
  std::shared_ptr<ContentPass> pass;
  {
    const std::lock_guard lock(mutex_);
    pass = pass_;
  }
  const std::shared_ptr<Reads> reads = reads_.at(name);
  if (pass && pass->start(name)) reads->looked_through = found->second->bytes();
  RowMajor loaded = row_major(*found->second);
  if (found->second->in_place())
    return {std::move(loaded.view), in_use(*found->second), {reads, &reads->taken}};
  reads->taken += found->second->bytes();  // they were copied, whatever is taken of the copy
  return {std::move(loaded.view), std::move(loaded.storage)};
}

std::int64_t FolderWeights::bytes_read() const {
  std::int64_t sum = read_apart_;
  for (const auto& [name, reads] : reads_)
    sum += std::max<std::int64_t>(reads->taken, reads->looked_through);
  return sum;
}

WeightTable::ContentCheck FolderWeights::check_contents(Progress& progress, bool use_cache) const {
  std::shared_ptr<ContentPass> pass;
  if (use_cache) {
    const std::lock_guard lock(mutex_);
    pass = std::move(pass_);
  }
  ContentCheck check =
      pass ? pass->finish() : ContentPass(tensors_, progress, use_cache, threads_).finish();
  read_apart_ += check.from_cache ? 0 : check.read_apart;
  const std::lock_guard lock(mutex_);
  known_hash_ = check.hash;
  return check;
}

bool FolderWeights::check_as_loaded(Progress& progress) const {
  const std::lock_guard lock(mutex_);
  if (!pass_) pass_ = std::make_shared<ContentPass>(tensors_, progress, true, threads_);
  return !pass_->from_cache();
}

/// Where a file may have been written, all weights are hashed once more: a link that came and went
/// or an access list costs that and no more, a write whose time was put back is told.
void FolderWeights::require_unchanged() const {
  const std::lock_guard lock(mutex_);
  if (!rewritten_.empty()) throw UserError(rewritten_);
  std::vector<const MappedFile*> doubtful;
  for (const auto& file : files_.files) {
    if (!known_hash_.empty() && file->may_have_been_written())
      doubtful.push_back(file.get());
    else
      file->require_unchanged();
  }
  if (doubtful.empty()) return;
  for (const MappedFile* file : doubtful) file->take_as_unchanged();
  rewritten_ = doubtful.front()->path() +
               " changed while it was read, and its time was put back; results since the last "
               "commit are dropped; let it be complete and run again";
  SilentProgress silent;  // whatever ends the pass early, the files were not found equal
  read_apart_ += bytes_;
  if (ContentPass(tensors_, silent, false, threads_).finish().hash != known_hash_)
    throw UserError(rewritten_);
  rewritten_.clear();
}

std::shared_ptr<WeightTable> WeightTable::open(const std::string& folder, const ModelConfig& config,
                                               int threads, const std::string& weights) {
  return std::make_shared<FolderWeights>(folder, config, threads, weights);
}

}  // namespace flm
