#include "engine/checkpoint/weight_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/printable.h"
#include "engine/checkpoint/config_hash.h"
#include "engine/checkpoint/faults.h"
#include "engine/checkpoint/folder_diagnosis.h"
#include "engine/checkpoint/formats/safetensors.h"
#include "engine/checkpoint/formats/torch_bin.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/folder_listing.h"
#include "engine/checkpoint/trainers/trainer_checkpoint.h"

namespace flm {
namespace {

constexpr const char* kHead = "lm_head.weight";

struct Format {
  const char* name;
  const char* single;
  const char* index;
  std::vector<StoredTensor> (*read)(const std::shared_ptr<const MappedFile>&);
};

const Format kFormats[] = {
    {"safetensors", "model.safetensors", "model.safetensors.index.json", read_safetensors},
    {"torch", "pytorch_model.bin", "pytorch_model.bin.index.json", read_torch_bin},
};

std::vector<StoredTensor> read_one(const Format& format, const std::string& path,
                                   WeightFiles& out) {
  refuse_lfs_pointer(path);
  out.files.push_back(MappedFile::open(path));
  return format.read(out.files.back());
}

/// A shard lies in the folder or in one below it: no part of its path leads out or is empty.
void check_shard_path(const std::string& shard, const std::string& index) {
  bool inside = shard.find_first_of(std::string("\\\0", 2)) == std::string::npos;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = shard.find('/', begin);
    const std::string part = shard.substr(begin, end - begin);
    inside = inside && !part.empty() && part != "." && part != "..";
  }
  if (!inside)
    throw UserError(index + ": a shard must be a plain file name in the folder or one below it: " +
                    printable(shard));
}

}  // namespace

WeightMap parse_weight_index(std::string_view bytes, const std::string& path) {
  const Json json = parse_foreign_json(bytes, path);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    throw UserError(path + ": no weight_map of tensor names to shards");
  }
  WeightMap map;
  for (const auto& [name, shard] : json["weight_map"].items()) {
    if (!shard.is_string())
      throw UserError(path + ": the shard of " + printable(name) + " is not a file name");
    check_shard_path(shard.get_ref<const std::string&>(), path);
    map[name] = shard.get<std::string>();
  }
  if (map.empty()) throw UserError(path + ": the weight_map is empty");
  return map;
}

namespace {

WeightMap read_index(const std::string& path) {
  refuse_lfs_pointer(path);
  return parse_weight_index(read_regular_file(path), path);
}

std::set<std::string> shards_of(const WeightMap& map, const std::string& folder) {
  std::set<std::string> shards;
  for (const auto& [name, shard] : map) shards.insert(shard);
  std::vector<std::string> missing;
  for (const std::string& shard : shards) {
    if (!is_there(folder + "/" + shard)) missing.push_back(shard);
  }
  if (!missing.empty()) throw_missing_shards(folder, missing);
  return shards;
}

/// Index and shards must agree about where every tensor is.
/// but for a tied head: an index that was copied names one that nobody saved, and nothing is
/// missing.
void read_shards(const Format& format, const std::string& folder, bool tied, WeightFiles& out) {
  WeightMap map = read_index(folder + "/" + format.index);
  std::unordered_map<std::string, std::string> found;
  Faults faults;
  for (const std::string& shard : shards_of(map, folder)) {
    for (StoredTensor& tensor : read_one(format, folder + "/" + shard, out)) {
      const auto [at, fresh] = found.emplace(tensor.name, shard);
      if (!fresh)
        faults.add("in two shards", tensor.name + " (" + at->second + " and " + shard + ")");
      if (!map.count(tensor.name) && !is_ignored(tensor.name)) {
        faults.add("in a shard, not in the index", tensor.name + " (" + shard + ")");
      }
      out.tensors.push_back(std::move(tensor));
    }
  }
  for (const auto& [name, shard] : map) {
    const auto at = found.find(name);
    if (at != found.end() && at->second == shard) continue;
    if (at == found.end() && tied && name == kHead) continue;
    faults.add(
        "not in the shard that the index names",
        name + " (" + shard + (at == found.end() ? ")" : ", but it is in " + at->second + ")"));
  }
  faults.throw_if_any(folder + "/" + format.index);
}

/// Megatron's names are those of Llama's block, and its args say no more of it: what another block
/// computes cannot be held against them.
void require_llama_block(const FoundLayout& found, const ModelConfig& config) {
  if (found.layout != Layout::kMegatronTorch && found.layout != Layout::kMegatronDist) return;
  ModelConfig llama = config;
  llama.block = {};
  llama.block.layers = config.block.layers;
  if (config_hash(llama) != config_hash(config) || config.names.rotary_pairs)
    throw UserError(found.folder.string() +
                    " is in Megatron's layout, of which only Llama's block is read; "
                    "its config.json describes a " +
                    config.model_type + " model");
}

WeightFiles read_trainers(const FoundLayout& found, const ModelConfig& config,
                          WeightsChoice choice) {
  require_llama_block(found, config);
  const auto checkpoint = open_trainer_checkpoint(found, choice);
  Faults faults;
  for (const std::string& difference : checkpoint->differences(config))
    faults.add("other figures", difference);
  faults.throw_if_any("the checkpoint " + found.folder.string() +
                      " is not of the model that config.json describes");
  WeightFiles out{name_of(found.layout), {}, checkpoint->tensors(config)};
  std::set<std::shared_ptr<const MappedFile>> files;
  std::set<std::string> names;
  for (const StoredTensor& tensor : out.tensors) {
    if (!names.insert(tensor.name).second) faults.add("stands twice", tensor.name);
    for (const Tile& tile : tiles_of(tensor)) files.insert(tile.file);
  }
  faults.throw_if_any(found.folder.string());
  out.files.assign(files.begin(), files.end());
  std::sort(out.files.begin(), out.files.end(),
            [](const auto& a, const auto& b) { return a->path() < b->path(); });
  return out;
}

}  // namespace

bool is_ignored(const std::string& name) {
  if (name.ends_with(".rotary_emb.inv_freq")) return true;
  for (const char* part : {"v_head.", "vision_tower.", "model.vision_tower.",
                           "multi_modal_projector.", "model.multi_modal_projector."})
    if (name.starts_with(part)) return true;
  return false;
}

WeightFiles read_weight_files(const std::string& folder, bool tied) {
  WeightFiles out;
  for (const Format& format : kFormats) {
    out.format = format.name;
    if (is_there(folder + "/" + format.single)) {
      out.tensors = read_one(format, folder + "/" + format.single, out);
      return out;
    }
    if (is_there(folder + "/" + format.index)) {
      read_shards(format, folder, tied, out);
      return out;
    }
  }
  throw_no_weights(folder);
}

WeightFiles read_checkpoint_files(const std::string& folder, const ModelConfig& config,
                                  const std::string& weights) {
  const WeightsChoice choice = weights_choice(weights);
  const FoundLayout found = find_layout(folder);
  if (found.layout == Layout::kNone || found.layout == Layout::kHuggingFace) {
    if (choice != WeightsChoice::kAuto) refuse_choice(choice);
    return read_weight_files(folder, config.tied);
  }
  try {
    return read_trainers(found, config, choice);
  } catch (const CheckpointFault& fault) {
    throw UserError(folder + " is " + name_of(fault.state()) + ": " + fault.what());
  }
}

}  // namespace flm
