#include "engine/checkpoint/trainers/megatron_dist.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/foreign_json.h"
#include "base/documents/json.h"
#include "base/text/printable.h"
#include "engine/checkpoint/formats/torch_file.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/dcp_folder.h"
#include "engine/checkpoint/trainers/folder_listing.h"
#include "engine/checkpoint/trainers/megatron_args.h"
#include "engine/checkpoint/trainers/megatron_names.h"
#include "engine/checkpoint/trainers/tiling.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// metadata.json, which is written last, says who wrote the rest.
void require_backend(const fs::path& folder) {
  if (!is_there(folder / "metadata.json"))
    throw CheckpointFault(Completeness::kIncomplete,
                          is_there(folder / ".metadata")
                              ? "metadata.json, which is written last, is missing"
                              : "it has neither .metadata nor metadata.json, which are written "
                                "last");
  Json json;
  try {
    json = read_foreign_json_file((folder / "metadata.json").string());
  } catch (const UserError&) {
    throw CheckpointFault(Completeness::kIncomplete, "metadata.json is not whole");
  }
  const Json backend =
      json.is_object() && json.contains("sharded_backend") ? json["sharded_backend"] : Json();
  if (backend != "torch_dist")
    throw CheckpointFault(Completeness::kRefused,
                          "only the sharded_backend torch_dist is read; metadata.json says " +
                              printable(compact_json(backend)));
}

std::shared_ptr<const TorchFile> open_common(const fs::path& folder) {
  if (!is_there(folder / "common.pt"))
    throw CheckpointFault(Completeness::kBroken, "common.pt, which is written first, is missing");
  try {
    return TorchFile::open(MappedFile::open((folder / "common.pt").string()));
  } catch (const TornFile&) {
    throw CheckpointFault(Completeness::kBroken, "common.pt is no complete zip");
  }
}

const fs::path& with_backend(const fs::path& folder) {
  require_backend(folder);
  return folder;
}

class MegatronDist final : public TrainerCheckpoint {
 public:
  explicit MegatronDist(const fs::path& folder)
      : common_(open_common(with_backend(folder))), args_(common_->root()), files_(folder) {
    args_.refuse_what_is_not_read();
  }

  void describe(CheckpointState& state) const override {
    flm::describe(args_, state);
    state.warnings = files_.warnings();
  }
  std::vector<std::string> differences(const ModelConfig& config) const override {
    return args_.differences(config);
  }

  std::vector<StoredTensor> tensors(const ModelConfig& config) const override {
    std::map<std::string, StoredTensor> whole;
    for (StoredTensor& tensor : files_.tensors()) {
      const std::string name = without_model(tensor.name);
      if (!is_no_weight(name)) take(name, std::move(tensor), whole);
    }
    return from_megatron(whole, config);
  }

 private:
  /// Under virtual pipelining or by older releases keys may stand below the model.
  static std::string without_model(const std::string& name) {
    return name.starts_with("model.") ? name.substr(6) : name;
  }

  /// Layers are stacked under one key, unless each has its own number.
  static void take(const std::string& name, StoredTensor tensor,
                   std::map<std::string, StoredTensor>& out) {
    constexpr std::string_view kLayers = kMegatronLayers;
    const bool stacked =
        name.starts_with(kLayers) && !(name[kLayers.size()] >= '0' && name[kLayers.size()] <= '9');
    if (!stacked) {
      out[name] = std::move(tensor);
      return;
    }
    for (std::int64_t layer = 0; layer < tensor.shape[0]; ++layer)
      out[std::string(kLayers) + std::to_string(layer) + "." + name.substr(kLayers.size())] =
          element_of(tensor, layer);
  }

  const std::shared_ptr<const TorchFile> common_;
  const MegatronArgs args_;
  const DcpFolder files_;
};

}  // namespace

std::unique_ptr<TrainerCheckpoint> open_megatron_dist(const fs::path& folder) {
  return std::make_unique<MegatronDist>(folder);
}

}  // namespace flm
