#include "engine/checkpoint/trainers/zero_partitions.h"

#include <algorithm>

#include "base/text/printable.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/tiling.h"

namespace flm {
namespace {

using Kind = PickleValue::Kind;

[[noreturn]] void refuse(const std::string& what) {
  throw CheckpointFault(Completeness::kRefused, what);
}

/// A number, or an enum's object made from one.
std::optional<std::int64_t> number_of(const PickleValue* value) {
  if (value && value->kind == Kind::kObject && value->items.size() == 1) value = value->items[0];
  return whole(value);
}

/// partition_count is a number, or one for each group.
std::optional<std::int64_t> partition_count(const PickleValue* value) {
  if (!value || (value->kind != Kind::kList && value->kind != Kind::kTuple)) return whole(value);
  std::optional<std::int64_t> most;
  for (const PickleValue* item : value->items)
    if (const auto one = whole(item)) most = std::max(most.value_or(0), *one);
  return most;
}

StoredTensor flattened(StoredTensor tensor) {
  if (tensor.shape.size() == 1) return tensor;
  if (!tensor.strides.empty()) refuse("a frozen parameter has gaps: " + printable(tensor.name));
  tensor.shape = {tensor.elements()};
  return tensor;
}

}  // namespace

ZeroPartitions::ZeroPartitions(const Files& models, Files optims)
    : models_(models), optims_(std::move(optims)) {
  read_ranks();
  read_groups(models_.at(0)->root());
  read_gaps();
}

const PickleValue& ZeroPartitions::state(std::int64_t rank) const {
  const PickleValue* state = entry(optims_.at(rank)->root(), "optimizer_state_dict");
  if (!state) refuse(optims_.at(rank)->path() + " has no optimizer_state_dict");
  return *state;
}

void ZeroPartitions::read_ranks() {
  const PickleValue& first = state(optims_.begin()->first);
  auto stage = number_of(entry(first, "zero_stage"));
  // BF16_Optimizer's files do not say it, and lie as those of stage 1 do.
  if (!stage && entry(first, "single_partition_of_fp32_groups")) stage = 1;
  const auto ranks = partition_count(entry(first, "partition_count"));
  if (!stage || *stage < 1 || *stage > 3 || !ranks || *ranks < 1)
    refuse("its *_optim_states.pt have no zero_stage of 1 to 3 and partition_count");
  stage_ = *stage;
  ranks_ = *ranks;
  const std::string says = "partition_count is " + std::to_string(ranks_);
  for (std::int64_t rank = 0; rank < ranks_; ++rank) {
    if (!optims_.count(rank))
      throw CheckpointFault(
          Completeness::kIncomplete,
          says + ", and the *_optim_states.pt of rank " + std::to_string(rank) + " is missing");
    if (stage_ == 3 && !models_.count(rank))
      throw CheckpointFault(
          Completeness::kIncomplete,
          says + ", and the *_model_states.pt of rank " + std::to_string(rank) + " is missing");
  }
  if (std::ssize(optims_) != ranks_)
    throw CheckpointFault(Completeness::kBroken, says + ", and there are *_optim_states.pt of " +
                                                     std::to_string(optims_.size()) + " ranks");
  const auto step = whole(entry(models_.at(0)->root(), "global_steps"));
  for (const auto& [rank, file] : models_)
    if (whole(entry(file->root(), "global_steps")) != step)
      throw CheckpointFault(Completeness::kBroken,
                            "rank " + std::to_string(rank) + " is of another step than rank 0");
}

void ZeroPartitions::read_groups(const PickleValue& model) {
  const PickleValue* shapes = entry(model, "param_shapes");
  if (!shapes || (shapes->kind != Kind::kList && shapes->kind != Kind::kDict))
    refuse("its model states have no param_shapes");
  const std::vector<const PickleValue*> lists =
      shapes->kind == Kind::kList ? shapes->items : std::vector<const PickleValue*>{shapes};
  for (const PickleValue* one : lists) {
    Group& group = groups_.emplace_back();
    if (one->kind != Kind::kDict) refuse("its param_shapes are no dicts");
    for (std::size_t i = 0; i + 1 < one->items.size(); i += 2) {
      const auto name = text(one->items[i]);
      const auto shape = sizes(one->items[i + 1]);
      const auto elements = shape ? checked_elements(*shape) : std::nullopt;
      if (!name || !elements || shape->empty() || shape->size() > 2)
        refuse("a parameter of param_shapes has no name or no shape of one or two axes");
      group.push_back({std::string(*name), *shape, *elements});
    }
  }
}

/// Newer releases say what lies behind each parameter; without it everything behind would shift.
void ZeroPartitions::read_gaps() {
  const PickleValue* gaps = entry(state(0), "param_alignment_paddings");
  if (stage_ == 3 || !gaps || gaps->kind == Kind::kNone) return;
  if (gaps->items.size() != groups_.size()) refuse("param_alignment_paddings are of other groups");
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto list = sizes(gaps->items[g]);
    if (!list || list->size() != groups_[g].size())
      refuse("param_alignment_paddings are of other parameters");
    for (std::size_t i = 0; i < list->size(); ++i) groups_[g][i].gap = (*list)[i];
  }
}

std::vector<StoredTensor> ZeroPartitions::flat_groups(std::int64_t rank, const char* key) const {
  const PickleValue* list = entry(state(rank), key);
  if (!list || list->kind != Kind::kList) refuse(optims_.at(rank)->path() + " has no " + key);
  std::vector<StoredTensor> out;
  for (const PickleValue* one : list->items) {
    out.push_back(optims_.at(rank)->tensor(*one, key));
    if (out.back().dtype != DType::kF32 || out.back().shape.size() != 1)
      refuse(std::string(key) + " is no flat fp32 tensor");
  }
  if (out.empty()) refuse(optims_.at(rank)->path() + " has an empty " + key);
  return out;
}

void ZeroPartitions::take_group(const Group& group, const std::vector<StoredTensor>& parts,
                                std::vector<StoredTensor>& out) const {
  if (group.empty()) return;
  const StoredTensor flat = joined(parts, 0);
  std::int64_t at = 0;
  for (const Parameter& one : group) {
    if (one.elements > flat.shape[0] - at)
      throw CheckpointFault(Completeness::kBroken,
                            "its partitions end before " + printable(one.name));
    out.push_back(renamed(shaped(cut(flat, 0, at, at + one.elements), one.shape), one.name));
    at += one.elements;
    if (one.gap > flat.shape[0] - at)
      throw CheckpointFault(Completeness::kBroken,
                            "its partitions end behind " + printable(one.name));
    at += one.gap;
  }
  // Every rank's part is padded to a multiple of a few elements: no parameter is left out.
  const std::int64_t left = flat.shape[0] - at;
  if (left >= 4 * ranks_ + 4)
    throw CheckpointFault(Completeness::kBroken, "its partitions hold " + std::to_string(left) +
                                                     " elements that param_shapes do not name");
}

/// Offsets may cross the sub-groups of a rank.
void ZeroPartitions::take_shares(std::vector<StoredTensor>& out) const {
  std::vector<StoredTensor> flat;
  for (std::int64_t rank = 0; rank < ranks_; ++rank)
    flat.push_back(joined(flat_groups(rank, "fp32_flat_groups"), 0));
  std::int64_t at = 0;
  for (const Group& group : groups_) {
    for (const Parameter& one : group) {
      const std::int64_t share = (one.elements + ranks_ - 1) / ranks_;
      std::vector<StoredTensor> shares;
      for (const StoredTensor& rank : flat) {
        if (share > rank.shape[0] - at)
          throw CheckpointFault(Completeness::kBroken,
                                "its partitions end before " + printable(one.name));
        shares.push_back(cut(rank, 0, at, at + share));
      }
      out.push_back(
          renamed(shaped(cut(joined(shares, 0), 0, 0, one.elements), one.shape), one.name));
      at += share;
    }
  }
  for (const StoredTensor& rank : flat)
    if (rank.shape[0] != at)
      throw CheckpointFault(Completeness::kBroken, "a partition holds " +
                                                       std::to_string(rank.shape[0] - at) +
                                                       " elements that param_shapes do not name");
}

/// Parameters that are not trained have no master: their weights stand in the model states, cut
/// over the ranks by stage 3.
void ZeroPartitions::take_frozen(std::vector<StoredTensor>& out) const {
  const PickleValue& model = models_.at(0)->root();
  const PickleValue* shapes = entry(model, "frozen_param_shapes");
  if (!shapes || shapes->kind != Kind::kDict) return;
  for (std::size_t i = 0; i + 1 < shapes->items.size(); i += 2) {
    const auto name = text(shapes->items[i]);
    const auto shape = sizes(shapes->items[i + 1]);
    const auto elements = shape ? checked_elements(*shape) : std::nullopt;
    if (!name || !elements || shape->empty() || shape->size() > 2)
      refuse("a frozen parameter has no name or no shape of one or two axes");
    std::vector<StoredTensor> parts;
    for (std::int64_t rank = 0; rank < (stage_ == 3 ? ranks_ : 1); ++rank) {
      const auto& file = models_.at(rank);
      const PickleValue* all = entry(file->root(), "frozen_param_fragments");
      const PickleValue* one = all ? entry(*all, *name) : nullptr;
      if (!one) refuse("a frozen parameter has no weights: " + printable(std::string(*name)));
      parts.push_back(flattened(file->tensor(*one, std::string(*name))));
      if (!parts.back().dtype)
        refuse("a frozen parameter is no weight, by its dtype " + parts.back().dtype_name + ": " +
               printable(std::string(*name)));
    }
    const StoredTensor flat = joined(parts, 0);
    if (flat.shape[0] < *elements)
      throw CheckpointFault(Completeness::kBroken,
                            "a frozen parameter is not whole: " + printable(std::string(*name)));
    out.push_back(renamed(shaped(cut(flat, 0, 0, *elements), *shape), std::string(*name)));
  }
}

void ZeroPartitions::take_shared(std::vector<StoredTensor>& out) const {
  const PickleValue* shared = entry(models_.at(0)->root(), "shared_params");
  if (!shared || shared->kind != Kind::kDict) return;
  for (std::size_t i = 0; i + 1 < shared->items.size(); i += 2) {
    const auto alias = text(shared->items[i]), name = text(shared->items[i + 1]);
    if (!alias || !name) refuse("shared_params are no names");
    const auto found = std::find_if(
        out.begin(), out.end(), [&](const StoredTensor& tensor) { return tensor.name == *name; });
    if (found == out.end())
      refuse("shared_params name what is not there: " + printable(std::string(*name)));
    out.push_back(renamed(*found, std::string(*alias)));
  }
}

std::vector<StoredTensor> ZeroPartitions::tensors() const {
  std::vector<StoredTensor> out;
  if (stage_ == 3) {
    take_shares(out);
  } else {
    std::vector<std::vector<StoredTensor>> groups;  // [rank][group]
    for (std::int64_t rank = 0; rank < ranks_; ++rank)
      groups.push_back(flat_groups(rank, "single_partition_of_fp32_groups"));
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      std::vector<StoredTensor> parts;
      for (const auto& rank : groups) {
        if (rank.size() != groups_.size()) refuse("a rank has other groups than param_shapes");
        parts.push_back(rank[g]);
      }
      take_group(groups_[g], parts, out);
    }
  }
  take_frozen(out);
  take_shared(out);
  return out;
}

}  // namespace flm
