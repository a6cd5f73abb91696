#include "engine/checkpoint/trainers/megatron_torch.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/text/printable.h"
#include "engine/checkpoint/formats/torch_file.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/folder_listing.h"
#include "engine/checkpoint/trainers/megatron_args.h"
#include "engine/checkpoint/trainers/megatron_names.h"
#include "engine/checkpoint/trainers/megatron_rank_files.h"
#include "engine/checkpoint/trainers/renames.h"
#include "engine/checkpoint/trainers/tiling.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

template <typename Visit>
void each_entry(const PickleValue& dict, const Visit& visit) {
  if (dict.kind != PickleValue::Kind::kDict) return;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
    if (const auto key = text(dict.items[i])) visit(std::string(*key), *dict.items[i + 1]);
}

void take_dict(const PickleValue* dict, const std::string& prefix,
               std::map<std::string, const PickleValue*>& out) {
  if (!dict) return;
  each_entry(*dict, [&](const std::string& key, const PickleValue& value) {
    if (TorchFile::is_tensor(value)) out[prefix + key] = &value;
  });
}

/// A dict of dicts; what has no counterpart keeps its place's name, and is told of as surplus.
void take_classic(const PickleValue& model, const PickleValue& tree,
                  std::map<std::string, const PickleValue*>& out) {
  each_entry(tree, [&](const std::string& part, const PickleValue& value) {
    if (part == "encoder" || part == "transformer") {
      std::map<std::string, const PickleValue*> layers;
      take_dict(&value, "", layers);
      for (const auto& [name, tensor] : layers) out[from_classic(name)] = tensor;
    } else if (part == "embedding") {
      each_entry(value, [&](const std::string& name, const PickleValue& one) {
        take_dict(&one, "embedding." + name + ".", out);
      });
    } else {
      take_dict(&value, part + ".", out);
    }
  });
  each_entry(model, [&](const std::string& part, const PickleValue& value) {
    if (part == "language_model") return;
    // The last stage's copy of a tied head.
    take_dict(&value, part == "word_embeddings_for_head" ? "output_layer." : part + ".", out);
  });
}

/// A model of a rank's file by megatron-core's names: its own, or the classic nested dicts.
std::map<std::string, const PickleValue*> tensors_of(const PickleValue& model) {
  std::map<std::string, const PickleValue*> found, out;
  const PickleValue* tree = entry(model, "language_model");
  if (!tree) {
    take_dict(&model, "", found);
  } else {
    take_classic(model, *tree, found);
  }
  for (const auto& [name, value] : found)
    if (!is_no_weight(name)) out[name] = value;
  return out;
}

/// "decoder.layers.INDEX.REST".
struct NumberedLayer {
  std::int64_t index = 0;
  std::string rest;
};

std::optional<NumberedLayer> layer_of(const std::string& name) {
  const auto layer = split_layer(name, kMegatronLayers);
  const auto index = layer ? plain_number(layer->number) : std::nullopt;
  return index ? std::optional(NumberedLayer{*index, layer->rest}) : std::nullopt;
}

StoredTensor over_ranks(const std::string& name, const std::vector<StoredTensor>& parts) {
  switch (cut_of(name)) {
    case MegatronCut::kRows:
      return joined(parts, 0);
    case MegatronCut::kColumns:
      return joined(parts, 1);
    case MegatronCut::kGateAndUp: {  // every rank has its gate above its up
      std::vector<StoredTensor> gates, ups;
      for (const StoredTensor& part : parts) {
        if (part.shape.empty() || part.shape[0] % 2 != 0)
          throw UserError("tensor " + name + " of a rank is " + shape_text(part.shape) +
                          ", which is no gate above an up of the same rows");
        const std::int64_t half = part.shape[0] / 2;
        gates.push_back(cut(part, 0, 0, half));
        ups.push_back(cut(part, 0, half, 2 * half));
      }
      return joined({joined(gates, 0), joined(ups, 0)}, 0);
    }
    case MegatronCut::kReplicated:
      break;
  }
  for (const StoredTensor& part : parts)
    if (!same_bytes(part, parts[0]))
      throw UserError("tensor " + name +
                      " is not the same on all tensor-parallel ranks, as it must be");
  return parts[0];
}

class MegatronTorch final : public TrainerCheckpoint {
 public:
  explicit MegatronTorch(const fs::path& folder)
      : folder_(folder),
        files_(open_rank_files(folder)),
        args_(files_.begin()->second.file->root()) {
    args_.refuse_what_is_not_read();
    ranks_ = args_.ranks();
    require_one_save(files_, ranks_);
    find_parts();
    require_place("the embedding", {"embedding.word_embeddings."}, 0, 0);
    require_place("the final norm", {"decoder.final_layernorm.", "decoder.final_norm."},
                  ranks_.pipeline - 1, ranks_.virtual_pipeline - 1);
    count_layers();
  }

  void describe(CheckpointState& state) const override { flm::describe(args_, state); }
  std::vector<std::string> differences(const ModelConfig& config) const override {
    return args_.differences(config);
  }

  std::vector<StoredTensor> tensors(const ModelConfig& config) const override {
    std::map<std::string, StoredTensor> whole;
    for (const auto& [place, parts] : parts_) {
      const auto& [stage, chunk, name] = place;
      StoredTensor tensor = renamed(over_ranks(name, stored(name, parts)), name);
      const auto [at, fresh] = whole.emplace(global_name(stage, chunk, name), tensor);
      if (!fresh && !same_bytes(at->second, tensor))
        throw UserError("tensor " + name + " stands on two stages with other values in " +
                        folder_.string());
    }
    return from_megatron(whole, config);
  }

 private:
  struct Part {
    const MegatronRankFile* file;
    const PickleValue* value;
  };
  using Place = std::tuple<std::int64_t, std::int64_t, std::string>;  // stage, chunk, name there

  void find_parts() {
    for (const auto& [rank, file] : files_) {
      for (std::int64_t chunk = 0; chunk < ranks_.virtual_pipeline; ++chunk) {
        const std::string key =
            ranks_.virtual_pipeline == 1 ? "model" : "model" + std::to_string(chunk);
        const PickleValue* model = entry(file.file->root(), key);
        if (!model) throw CheckpointFault(Completeness::kBroken, file.folder + " has no " + key);
        for (const auto& [name, value] : tensors_of(*model))
          parts_[{rank.second, chunk, name}].push_back({&file, value});
      }
    }
    for (const auto& [place, parts] : parts_)
      if (std::ssize(parts) != ranks_.tensor)
        throw CheckpointFault(Completeness::kBroken, "not all tensor-parallel ranks have " +
                                                         printable(std::get<2>(place)));
  }

  /// What one stage alone holds, by how its names begin, must not lie in another stage's place.
  void require_place(const std::string& what, const std::vector<std::string_view>& prefixes,
                     std::int64_t stage, std::int64_t chunk) const {
    const Part* elsewhere = nullptr;
    for (const auto& [place, parts] : parts_) {
      const auto& [its_stage, its_chunk, name] = place;
      const bool is_it = std::any_of(prefixes.begin(), prefixes.end(),
                                     [&, &of = name](auto one) { return of.starts_with(one); });
      if (!is_it) continue;
      if (its_stage == stage && its_chunk == chunk) return;
      elsewhere = &parts.front();
    }
    if (elsewhere)
      throw CheckpointFault(Completeness::kBroken,
                            files_.at({0, stage}).folder + "/" + kMegatronFile + " lacks " + what +
                                ", which its stage must hold, and " + elsewhere->file->folder +
                                " has it: copied or renamed?");
  }

  /// Numbers restart in every (stage, chunk); what they count there gives the offsets, for uneven
  /// stages, too. The order is chunk by chunk, stage by stage within each.
  void count_layers() {
    std::map<std::pair<std::int64_t, std::int64_t>, std::set<std::int64_t>> numbers;
    for (const auto& [place, parts] : parts_) {
      const auto layer = layer_of(std::get<2>(place));
      if (layer) numbers[{std::get<1>(place), std::get<0>(place)}].insert(layer->index);
    }
    std::int64_t total = 0;
    for (const auto& [where, found] : numbers) {
      const auto count = std::ssize(found);
      if (*found.rbegin() != count - 1)
        throw CheckpointFault(Completeness::kBroken, "stage " + std::to_string(where.second) +
                                                         " lacks layers below " +
                                                         std::to_string(*found.rbegin()));
      offsets_[{where.second, where.first}] = total;
      total += count;
    }
    if (total != ranks_.layers)
      throw CheckpointFault(Completeness::kBroken, "its stages have " + std::to_string(total) +
                                                       " layers, args say " +
                                                       std::to_string(ranks_.layers));
  }

  std::string global_name(std::int64_t stage, std::int64_t chunk, const std::string& name) const {
    const auto layer = layer_of(name);
    if (!layer) return name;
    return "decoder.layers." + std::to_string(layer->index + offsets_.at({stage, chunk})) + "." +
           layer->rest;
  }

  static std::vector<StoredTensor> stored(const std::string& name, const std::vector<Part>& parts) {
    std::vector<StoredTensor> out;
    for (const Part& part : parts) {
      out.push_back(part.file->file->tensor(*part.value, name));
      if (!out.back().dtype)
        throw UserError("tensor " + printable(name) + " of " + part.file->folder +
                        " is no weight, by its dtype " + out.back().dtype_name);
    }
    return out;
  }

  const fs::path folder_;
  const MegatronRankFiles files_;
  const MegatronArgs args_;
  MegatronRanks ranks_;
  std::map<Place, std::vector<Part>> parts_;  // of each tensor, by tensor-parallel rank
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> offsets_;  // (stage, chunk)
};

}  // namespace

std::unique_ptr<TrainerCheckpoint> open_megatron_torch(const fs::path& folder) {
  return std::make_unique<MegatronTorch>(folder);
}

}  // namespace flm
