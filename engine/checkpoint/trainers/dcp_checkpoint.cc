#include "engine/checkpoint/trainers/dcp_checkpoint.h"

#include "engine/checkpoint/printable.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/dcp_folder.h"
#include "engine/checkpoint/trainers/dcp_names.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// Where trainers keep the step and the tokens: torchtitan, and states with a "step" of their own.
constexpr const char* kSteps[] = {"step", "train_state.step", "global_step", "iteration"};
constexpr const char* kTokens[] = {"train_state.ntokens_seen", "ntokens_seen", "tokens_seen"};

bool is_megatron_name(const std::string& name) {
  return name.starts_with("decoder.layers.") || name.starts_with("embedding.word_embeddings.");
}

class DcpCheckpoint final : public TrainerCheckpoint {
 public:
  explicit DcpCheckpoint(const fs::path& folder) : files_(folder) {
    if (files_.weights().empty())
      throw CheckpointFault(Completeness::kRefused, "its .metadata names no weights");
    for (const DcpTensor* tensor : files_.weights()) {
      if (is_megatron_name(tensor->name))
        throw CheckpointFault(Completeness::kIncomplete,
                              "its names are Megatron-LM's, and metadata.json, which that writes "
                              "last, is missing");
      if (tensor->name.find("_flat_param") != std::string::npos ||
          tensor->name.ends_with("flat_param"))
        throw CheckpointFault(Completeness::kRefused,
                              "it holds FSDP's flat parameters (" + printable(tensor->name) +
                                  "), which only their own model can cut; save a full or sharded "
                                  "state dict");
    }
  }

  void describe(CheckpointState& state) const override {
    state.step = first_of(kSteps);
    state.tokens_seen = first_of(kTokens);
    state.warnings = files_.warnings();
  }

  std::vector<StoredTensor> tensors(const ModelConfig& config) const override {
    std::vector<StoredTensor> out = files_.tensors();
    for (StoredTensor& tensor : out) tensor.name = without_wrappers(tensor.name);
    return from_dcp_names(std::move(out), config);
  }

 private:
  template <std::size_t N>
  std::optional<std::int64_t> first_of(const char* const (&names)[N]) const {
    for (const char* name : names)
      if (const auto number = files_.number(name)) return number;
    return {};
  }

  const DcpFolder files_;
};

}  // namespace

std::unique_ptr<TrainerCheckpoint> open_dcp(const fs::path& folder) {
  return std::make_unique<DcpCheckpoint>(folder);
}

}  // namespace flm
