#include "engine/checkpoint/config_json.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "engine/checkpoint/config/config_reader.h"
#include "engine/checkpoint/config/harmless_keys.h"
#include "engine/checkpoint/families/family.h"
#include "engine/checkpoint/families/layer_rules.h"
#include "engine/checkpoint/families/rope_reader.h"
#include "engine/checkpoint/folder_diagnosis.h"
#include "engine/checkpoint/text_model.h"
#include "engine/checkpoint/weight_files.h"

namespace flm {
namespace {

constexpr int kMostLayers = 10000;  // a hostile number must not become a list of that many names

/// Missing: its class's, where that is known.
double read_norm_eps(ConfigReader& reader, const Family& family) {
  const char* key = family.norm_eps;
  if (!reader.contains(key) && family.eps > 0) return family.eps;
  const double eps = reader.number(key);
  if (eps < 0) reader.refuse(key, "it must not be negative");
  return eps;
}

void read_shape(ConfigReader& reader, const Family& family, ModelConfig& config) {
  config.layers = reader.integer("num_hidden_layers", 1);
  config.hidden = reader.integer("hidden_size", 1);
  config.intermediate = reader.integer("intermediate_size", 1);
  config.heads = reader.integer("num_attention_heads", 1);
  config.vocab_rows = reader.integer("vocab_size", 1);
  config.max_positions = reader.integer("max_position_embeddings", 1);
  config.norm_eps = read_norm_eps(reader, family);
  if (config.layers > kMostLayers) {
    reader.refuse("num_hidden_layers",
                  "more than " + std::to_string(kMostLayers) + " cannot be right");
  }
}

void read_heads(ConfigReader& reader, const Family& family, ModelConfig& config) {
  // Missing: the class's number where it has one; null: of the hidden size.
  const int otherwise = reader.contains("head_dim") ? 0 : family.head_dim;
  const bool named = reader.has("head_dim") || otherwise > 0;
  if (!named && config.hidden % config.heads != 0) {
    reader.refuse("num_attention_heads", "it does not divide hidden_size " +
                                             std::to_string(config.hidden) +
                                             ", and head_dim is not given");
  }
  config.head_dim =
      named ? reader.integer_or("head_dim", 2, otherwise) : config.hidden / config.heads;
  if (config.head_dim % 2 != 0) {
    throw UserError(reader.origin() + ": head_dim must be even for rotary positions: " +
                    std::to_string(config.head_dim));
  }
  if (!family.kv_heads_optional && !reader.contains("num_key_value_heads"))
    reader.at("num_key_value_heads");  // a class's number fits one size only: it must be said
  config.kv_heads = reader.integer_or("num_key_value_heads", 1, config.heads);
  if (config.heads % config.kv_heads != 0) {
    reader.refuse("num_key_value_heads",
                  "it does not divide num_attention_heads " + std::to_string(config.heads));
  }
  if (static_cast<std::int64_t>(config.heads) * config.head_dim > 2147483647) {
    reader.refuse("num_attention_heads", "heads times head_dim is beyond 2^31");
  }
  config.attention_scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_dim)));
}

/// By transformers' name; null where it is unknown. Several names are one function in other words.
const Activation* find_activation(const std::string& name) {
  static const std::map<std::string, Activation> names = {
      {"silu", Activation::kSilu},
      {"swish", Activation::kSilu},
      {"gelu", Activation::kGelu},
      {"gelu_python", Activation::kGelu},
      {"gelu_pytorch_tanh", Activation::kGeluTanh},
      {"gelu_new", Activation::kGeluTanh},
      {"gelu_fast", Activation::kGeluTanh},
      {"gelu_accurate", Activation::kGeluTanh},
      {"gelu_python_tanh", Activation::kGeluTanh},
      {"relu", Activation::kRelu},
      {"relu2", Activation::kSquaredRelu}};
  const auto found = names.find(name);
  return found == names.end() ? nullptr : &found->second;
}

void read_activation(ConfigReader& reader, const Family& family, ModelConfig& config) {
  const std::string key = family.activation_key;
  config.block.activation = family.activation;
  const bool gelu = family.activation == Activation::kGeluTanh;
  // Gemma's older files say "gelu" or both keys, and its class means the other.
  if (gelu && key != "hidden_act") reader.has("hidden_act");
  if (config.model_type == "gemma") reader.only("hidden_activation", "gelu_pytorch_tanh");
  if (!reader.has(key)) return;
  const std::string name = reader.text(key);
  const Activation* known = find_activation(name);
  if (!known) reader.refuse(key, "supported are silu, gelu, gelu_pytorch_tanh, relu and relu2");
  config.block.activation = *known;
  if (config.model_type == "gemma" && name == "gelu")
    config.block.activation = Activation::kGeluTanh;  // its first files, and its class
}

void refuse_what_changes_the_forward_pass(ConfigReader& reader) {
  if (reader.has("quantization_config")) {
    reader.refuse("quantization_config",
                  "quantized weights are not supported; give the unquantized checkpoint");
  }
  // Models of embeddings say false. To transformers anything but true is, null too.
  const bool said = reader.contains("is_causal");
  if (said && (!reader.has("is_causal") || reader.at("is_causal") != true)) {
    reader.refuse("is_causal", "each position would see those behind it; only causal models score");
  }
}

/// An id outside the vocabulary, -1 for one, ends nothing: no token is of that id.
void read_eos(ConfigReader& reader, ModelConfig& config) {
  if (!reader.has("eos_token_id")) return;
  const Json& eos = reader.at("eos_token_id");
  const Json list = eos.is_array() ? eos : Json::array({eos});
  for (const Json& id : list) {
    if (!id.is_number_integer()) reader.refuse("eos_token_id", "an id must be a whole number");
    if (id >= 0 && id < config.vocab_rows) config.eos_ids.push_back(id.get<std::int32_t>());
  }
}

const Family& read_family(ConfigReader& reader) {
  const Family* family = find_family(reader.text("model_type"));
  if (!family)
    reader.refuse("model_type",
                  "known are " + known_families() + ", with a text_config " + known_wrappers());
  return *family;
}

/// Whether the weights' files in the folder name a head, in the model or around it. What is wrong
/// with them is told when they are opened.
bool holds_head(const std::string& folder) try {
  const std::string head = "lm_head.weight";
  const std::vector<StoredTensor> tensors = read_weight_files(folder, true).tensors;
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](const StoredTensor& tensor) { return tensor.name.ends_with(head); });
} catch (const UserError&) {
  return false;
}

}  // namespace

ModelConfig parse_model_config(std::string_view text, const std::string& path,
                               const std::function<bool()>& stored_head) {
  const TextModel model = text_model(parse_foreign_json(text, path), path, stored_head);
  if (!model.config.is_object()) throw UserError(path + ": must be a JSON object");
  ConfigReader reader(model.config, path);
  const Family& family = read_family(reader);
  ModelConfig config;
  config.model_type = family.type;
  refuse_what_changes_the_forward_pass(reader);
  read_shape(reader, family, config);
  read_heads(reader, family, config);
  read_activation(reader, family, config);
  read_rope(reader, family, config);
  family.read(reader, config);
  settle_layer_rules(config);
  if (model.part_of_another) {  // whose head gives the logits as they are
    config.block.logit_cap = 0;
    config.logit_scale = 1;
  }
  read_eos(reader, config);
  config.tied = reader.boolean_or("tie_word_embeddings", family.tied);
  config.torch_dtype = reader.text_or("torch_dtype", reader.text_or("dtype", ""));
  reader.refuse_unknown(harmless_keys());
  return config;
}

ModelConfig read_model_config(const std::string& folder) {
  require_checkpoint_folder(folder);
  const std::string path = folder + "/config.json";
  refuse_lfs_pointer(path);
  return parse_model_config(read_file(path), path, [&] { return holds_head(folder); });
}

}  // namespace flm
