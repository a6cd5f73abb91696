#include "engine/checkpoint/trainers/deepspeed.h"

#include <algorithm>
#include <map>

#include "base/text/printable.h"
#include "engine/checkpoint/formats/torch_file.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/dcp_names.h"
#include "engine/checkpoint/trainers/folder_listing.h"
#include "engine/checkpoint/trainers/tiling.h"
#include "engine/checkpoint/trainers/zero_partitions.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelEnd = "_model_states.pt", kOptimEnd = "_optim_states.pt";

/// N of "zero_pp_rank_N_mp_rank_00_model_states.pt", with bf16_ or fp16_ before it perhaps.
std::optional<std::int64_t> zero_rank(const std::string& name) {
  constexpr std::string_view kRank = "zero_pp_rank_";
  const std::size_t at = name.find(kRank);
  if (at == std::string::npos) return {};
  const std::string rest = name.substr(at + kRank.size());
  return plain_number(rest.substr(0, rest.find('_')));
}

/// What other parallelism writes beside or instead.
void refuse_other_kinds(const fs::path& folder, const std::vector<std::string>& names) {
  const auto refuse = [](const std::string& what, const std::string& name) {
    throw CheckpointFault(Completeness::kRefused, what + " (" + name + ") is not supported");
  };
  if (is_folder(folder / "zero")) refuse("DeepSpeed's universal layout", "zero/");
  for (const std::string& name : names) {
    const std::size_t at = name.find("mp_rank_");
    if (at != std::string::npos && name.substr(at, 10) != "mp_rank_00")
      refuse("DeepSpeed with tensor parallelism", name);
    if (name.starts_with("layer_")) refuse("DeepSpeed's pipeline layout", name);
    if (name.starts_with("expp_rank_") || name.find("_expert_") != std::string::npos)
      refuse("DeepSpeed with experts", name);
  }
}

/// torch.save keeps the name that it wrote to, which a copy under another name does not change.
void require_own_name(const TorchFile& file, const std::string& name) {
  const auto written = zero_rank(file.saved_as()), named = zero_rank(name);
  if (written && named && *written != *named)
    throw CheckpointFault(Completeness::kBroken,
                          name + " was saved as " + printable(file.saved_as()) + ".pt, rank " +
                              std::to_string(*written) + "'s, and its name says " +
                              std::to_string(*named) + ": copied or renamed?");
}

std::shared_ptr<const TorchFile> open_file(const fs::path& folder, const std::string& name) {
  try {
    auto file = TorchFile::open(MappedFile::open((folder / name).string()));
    require_own_name(*file, name);
    return file;
  } catch (const TornFile&) {
    throw CheckpointFault(Completeness::kIncomplete, name + " is no complete zip");
  }
}

class DeepSpeed final : public TrainerCheckpoint {
 public:
  DeepSpeed(const fs::path& folder, WeightsChoice choice) : choice_(choice) {
    const std::vector<std::string> names = names_in(folder);
    refuse_other_kinds(folder, names);
    for (const std::string& name : names) {
      const std::int64_t rank = zero_rank(name).value_or(0);
      if (name.ends_with(kModelEnd)) {
        models_[rank] = open_file(folder, name);
        if (zero_rank(name)) sharded_ = true;
      }
    }
    if (models_.empty() || !models_.count(0))
      throw CheckpointFault(Completeness::kIncomplete, "the model states of rank 0 are missing");
    refuse_16bit_of_masters();
    open_partitions(folder, names);
  }

  void describe(CheckpointState& state) const override {
    state.step = whole(entry(model(), "global_steps"));
    if (!fault_.empty()) state.warnings.push_back(fault_);
  }

  std::vector<StoredTensor> tensors(const ModelConfig& config) const override {
    const bool masters = partitions_ && (sharded_ || choice_ == WeightsChoice::kFp32);
    if (!masters && choice_ == WeightsChoice::kFp32)
      throw UserError("--weights fp32: the checkpoint has no fp32 masters; give 16bit or auto");
    std::vector<StoredTensor> out = masters ? partitions_->tensors() : module();
    for (StoredTensor& tensor : out) tensor.name = without_wrappers(tensor.name);
    return from_dcp_names(std::move(out), config);
  }

 private:
  const PickleValue& model() const { return models_.at(0)->root(); }

  void open_partitions(const fs::path& folder, const std::vector<std::string>& names) {
    std::map<std::int64_t, std::shared_ptr<const TorchFile>> optims;
    const bool needed = sharded_ || choice_ != WeightsChoice::k16Bit;
    try {
      for (const std::string& name : names)
        if (name.ends_with(kOptimEnd) && zero_rank(name))
          optims[*zero_rank(name)] = open_file(folder, name);
      const PickleValue* shapes = entry(model(), "param_shapes");
      const bool partitioned = shapes && shapes->kind != PickleValue::Kind::kNone;
      if (optims.empty() && sharded_)
        throw CheckpointFault(Completeness::kBroken,
                              "ZeRO-3 keeps the weights in *_optim_states.pt alone, and there is "
                              "none");
      if (optims.empty() && partitioned)
        throw CheckpointFault(Completeness::kIncomplete,
                              "its *_optim_states.pt are missing; --weights 16bit takes the 16-bit "
                              "weights without them");
      if (optims.empty()) return;
      partitions_.emplace(models_, std::move(optims));
      (void)partitions_->tensors();  // every part fits
    } catch (const UserError& fault) {
      if (needed) throw;
      partitions_.reset();
      fault_ = std::string(fault.what()) + "; the 16-bit weights are whole";
    }
  }

  void refuse_16bit_of_masters() const {
    if (sharded_ && choice_ == WeightsChoice::k16Bit)
      throw CheckpointFault(Completeness::kRefused,
                            "--weights 16bit: ZeRO-3 keeps fp32 masters alone");
  }

  /// The 16-bit weights.
  std::vector<StoredTensor> module() const {
    const PickleValue* dict = entry(model(), "module");
    if (!dict || dict->kind != PickleValue::Kind::kDict)
      throw UserError(models_.at(0)->path() + ": no module in its model states");
    std::vector<StoredTensor> out;
    for (std::size_t i = 0; i + 1 < dict->items.size(); i += 2) {
      const auto name = text(dict->items[i]);
      if (!name || !TorchFile::is_tensor(*dict->items[i + 1])) continue;
      if (is_buffer(*name)) continue;
      out.push_back(models_.at(0)->tensor(*dict->items[i + 1], std::string(*name)));
    }
    return out;
  }

  /// Masks and the like, which are no parameters and follow from the configuration.
  bool is_buffer(std::string_view name) const {
    const PickleValue* names = entry(model(), "buffer_names");
    if (!names || names->kind != PickleValue::Kind::kList) return false;
    return std::any_of(names->items.begin(), names->items.end(),
                       [&](const PickleValue* one) { return text(one) == name; });
  }

  const WeightsChoice choice_;
  bool sharded_ = false;  // ZeRO-3: model states of every rank, empty
  std::map<std::int64_t, std::shared_ptr<const TorchFile>> models_;
  std::optional<ZeroPartitions> partitions_;
  std::string fault_;  // of masters that are not whole and were not asked for
};

}  // namespace

std::unique_ptr<TrainerCheckpoint> open_deepspeed(const fs::path& folder, WeightsChoice choice) {
  return std::make_unique<DeepSpeed>(folder, choice);
}

}  // namespace flm
