#include "bench/probe/store_weights.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/clock.h"
#include "base/system/files.h"
#include "bench/probe/output.h"
#include "engine/checkpoint/weight_table.h"

namespace flm::bench {
namespace {

struct Shard {
  std::string name;
  std::vector<WeightSpec> tensors;
};

std::int64_t bytes_of(const WeightSpec& spec) {
  return 2 * TensorView{DType::kBF16, spec.shape, nullptr}.elements();
}

/// In the config's order, so that a layer lies together.
std::vector<Shard> shards_of(const ModelConfig& config, std::int64_t most) {
  std::vector<Shard> shards;
  std::int64_t bytes = 0;
  for (WeightSpec& spec : expected_weights(config)) {
    const std::int64_t more = bytes_of(spec);
    if (shards.empty() || bytes + more > most) shards.emplace_back(), bytes = 0;
    bytes += more;
    shards.back().tensors.push_back(std::move(spec));
  }
  for (std::size_t i = 0; i < shards.size(); ++i) {
    char name[64];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", i + 1, shards.size());
    shards[i].name = name;
  }
  return shards;
}

/// The length and the header, with spaces up to a multiple of 8.
std::string header_of(const Shard& shard) {
  Json header;
  std::int64_t offset = 0;
  for (const WeightSpec& spec : shard.tensors) {
    const std::int64_t end = offset + bytes_of(spec);
    header[spec.name] = {{"dtype", "BF16"}, {"shape", spec.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

/// The next reader shall read from the disk.
void drop_from_cache(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw UserError("cannot read " + path + ", which was written just now");
  const bool synced = fdatasync(file) == 0;
  (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  (void)close(file);
  if (!synced) throw UserError("cannot write " + path + " to the disk; is there room?");
}

void write_shard(const Shard& shard, const WeightTable& weights, const std::string& folder) {
  OutputFile file(folder, shard.name);
  file.write(header_of(shard));
  for (const WeightSpec& spec : shard.tensors) {
    const WeightTable::Loaded tensor = weights.load(spec.name);
    FLM_CHECK(tensor.view.dtype == DType::kBF16, "a synthetic weight is no bf16");
    file.write(tensor.view.data, static_cast<std::size_t>(bytes_of(spec)));
  }
  file.close();
  drop_from_cache(file.path());
}

std::string index_of(const std::vector<Shard>& shards, std::int64_t bytes) {
  Json map;
  for (const Shard& shard : shards)
    for (const WeightSpec& spec : shard.tensors) map[spec.name] = shard.name;
  return Json{{"metadata", {{"total_size", bytes}}}, {"weight_map", map}}.dump(1);
}

void check_room(const std::string& folder, std::int64_t bytes) {
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("model"))
      throw UserError("--out has weights already: " + entry.path().string() +
                      "; choose an empty folder");
  const auto free = static_cast<std::int64_t>(std::filesystem::space(folder).available);
  if (free < bytes)
    throw UserError("the weights need " + std::to_string(bytes) + " bytes, and --out " + folder +
                    " has room for " + std::to_string(free) + "; choose another disk or layers=N");
}

}  // namespace

std::string config_json(const ModelConfig& config) {
  if (config.rope.type != "default")
    throw UserError("no scaled rope can be stored: " + config.rope.type + "; choose a preset");
  Json json = {{"model_type", config.model_type},
               {"num_hidden_layers", config.layers},
               {"hidden_size", config.hidden},
               {"intermediate_size", config.intermediate},
               {"num_attention_heads", config.heads},
               {"num_key_value_heads", config.kv_heads},
               {"head_dim", config.head_dim},
               {"vocab_size", config.vocab_rows},
               {"max_position_embeddings", config.max_positions},
               {"rms_norm_eps", config.norm_eps},
               {"rope_theta", config.rope_theta},
               {"tie_word_embeddings", config.tied},
               {"eos_token_id", config.eos_ids},
               {"torch_dtype", config.torch_dtype}};
  if (config.model_type == "teleflm") {
    json["use_mup"] = true;
    json["input_mult"] = static_cast<double>(config.embedding_scale);
    json["output_mult"] = static_cast<double>(config.logit_scale);
    json["mup_scale_factor"] = 1.0;
  }
  return json.dump(1) + "\n";
}

void store_weights(const std::string& model, const std::string& folder, std::ostream& lines,
                   std::int64_t shard_bytes) {
  if (!model.starts_with("synthetic:"))
    throw UserError("store-weights wants --model synthetic:PRESET[?seed=N&layers=N], not " +
                    (model.empty() ? "nothing" : model));
  ModelConfig config;
  const std::shared_ptr<WeightTable> weights = WeightTable::synthetic(model, &config);
  check_room(folder, weights->bytes());
  const double begin = monotonic_seconds();
  const std::vector<Shard> shards = shards_of(config, shard_bytes);
  for (const Shard& shard : shards) write_shard(shard, *weights, folder);
  write_file_atomically(folder + "/model.safetensors.index.json",
                        index_of(shards, weights->bytes()));
  write_file_atomically(folder + "/config.json", config_json(config));
  lines << "stored " << weights->bytes() << " bytes\n";
  lines << "shards " << shards.size() << " files\n";
  print_line(lines, "stored_in", monotonic_seconds() - begin, "s");
}

}  // namespace flm::bench
