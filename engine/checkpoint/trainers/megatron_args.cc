#include "engine/checkpoint/trainers/megatron_args.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/text/printable.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"

namespace flm {
namespace {

/// 4 rather than 4.0.
std::string figure(double value) {
  const bool is_whole = std::fabs(value) < 1e15 && value == std::floor(value);
  return is_whole ? std::to_string(static_cast<std::int64_t>(value)) : compact_json(Json(value));
}

/// Switches of Megatron that change the forward pass and leave no trace in the tensors, with the
/// value that Llama has. Absent, None, false and 0 are no switch either.
struct PlainArg {
  const char* name;
  std::string_view plain;
};
constexpr PlainArg kPlainArgs[] = {
    {"normalization", "RMSNorm"},
    {"softmax_type", "vanilla"},
    {"num_experts", "1"},
    {"rotary_interleaved", ""},
    {"apply_layernorm_1p", ""},
    {"apply_residual_connection_post_layernorm", ""},
    {"qk_layernorm", ""},
    {"qk_l2_norm", ""},
    {"multi_latent_attention", ""},
    {"squared_relu", ""},
    {"openai_gelu", ""},
    {"quick_geglu", ""},
    {"window_size", ""},
    {"no_rope_freq", ""},
    {"softmax_scale", ""},
    {"glu_linear_offset", ""},
    {"activation_func_clamp_value", ""},
    {"attention_output_gate", ""},
    {"add_position_embedding", ""},
    {"heterogeneous_layers_config_path", ""},
    {"mtp_num_layers", ""},
};

std::string in_words(const PickleValue& value) {
  if (const auto word = text(&value)) return printable(std::string(*word));
  if (const auto yes = truth(&value)) return *yes ? "true" : "false";
  if (const auto number = real(&value)) return figure(*number);
  return "(set)";
}

bool is_plain(const PickleValue* value, std::string_view plain) {
  if (!value || value->kind == PickleValue::Kind::kNone) return true;
  const std::string words = in_words(*value);
  return words == plain || words == "false" || words == "0";
}

/// Gathers the figures that both know and that differ.
class FigureComparison {
 public:
  explicit FigureComparison(const PickleValue& args) : args_(args) {}

  void number(const char* arg, const char* key, double want) {
    const std::optional<double> have = real(entry(args_, arg));
    // A base or an epsilon may have gone through a float.
    if (!have || std::fabs(*have - want) <= 1e-6 * std::fabs(want)) return;
    add(arg, figure(*have), key, figure(want));
  }
  void flag(const char* arg, const char* key, bool want, bool negated = false) {
    const std::optional<bool> have = truth(entry(args_, arg));
    if (!have || (*have != negated) == want) return;
    add(arg, *have ? "true" : "false", key, want ? "true" : "false");
  }
  void add(const std::string& arg, const std::string& have, const std::string& key,
           const std::string& want) {
    out_.push_back(arg + " is " + have + " in the checkpoint, " + key + " is " + want +
                   " in config.json");
  }
  std::vector<std::string> found() && { return std::move(out_); }

 private:
  const PickleValue& args_;
  std::vector<std::string> out_;
};

/// The multipliers are in no args, so that false says nothing. Megatron's own muP scales attention
/// by kv_channels^-power, and config.json always by the root.
void compare_mup(const PickleValue& args, const ModelConfig& config, FigureComparison& compare) {
  if (!truth(entry(args, "use_mup")).value_or(false)) return;
  if (config.embedding_scale == 1 && config.logit_scale == 1)
    compare.add("use_mup", "true", "use_mup", "false, or all its multipliers 1,");
  const std::optional<double> power = real(entry(args, "mup_attn_scale_power"));
  if (power && *power != 0.5)
    compare.add("mup_attn_scale_power", figure(*power), "the power of head_dim", "0.5");
}

}  // namespace

MegatronArgs::MegatronArgs(const PickleValue& root) : root_(root), args_(entry(root, "args")) {
  if (!args_)
    throw CheckpointFault(Completeness::kRefused,
                          "it has no args of Megatron-LM, so that nothing says how its ranks are "
                          "cut; convert it with its trainer's own exporter");
}

std::optional<std::int64_t> MegatronArgs::number_or_nothing(const char* name) const {
  return whole(entry(*args_, name));
}

std::int64_t MegatronArgs::number(const char* name) const {
  const std::optional<std::int64_t> value = number_or_nothing(name);
  if (!value || *value < 1)
    throw CheckpointFault(Completeness::kRefused,
                          std::string("args has no whole number from 1: ") + name);
  return *value;
}

bool MegatronArgs::flag(const char* name) const {
  return truth(entry(*args_, name)).value_or(false);
}

MegatronRanks MegatronArgs::ranks() const {
  const auto optional = [&](const char* name) {
    return entry(*args_, name) && entry(*args_, name)->kind != PickleValue::Kind::kNone
               ? number(name)
               : 1;
  };
  return {number("tensor_model_parallel_size"), number("pipeline_model_parallel_size"),
          optional("virtual_pipeline_model_parallel_size"), number("num_layers")};
}

std::optional<std::int64_t> MegatronArgs::iteration() const {
  return whole(entry(root_, "iteration"));
}

std::optional<std::int64_t> MegatronArgs::writer() const { return number_or_nothing("rank"); }

std::optional<std::int64_t> MegatronArgs::tokens_seen() const {
  const auto samples = number_or_nothing("consumed_train_samples");
  const auto length = number_or_nothing("seq_length");
  std::int64_t tokens = 0;
  if (!samples || !length || *samples < 0 || *length < 1 ||
      __builtin_mul_overflow(*samples, *length, &tokens))
    return {};
  return tokens;
}

std::optional<double> MegatronArgs::flops() const {
  const auto flops = real(entry(root_, "num_floating_point_operations_so_far"));
  return flops && std::isfinite(*flops) && *flops > 0 ? flops : std::nullopt;
}

void MegatronArgs::refuse_what_is_not_read() const {
  const auto refuse = [](const std::string& what) {
    throw CheckpointFault(Completeness::kRefused, what + " is not supported");
  };
  const std::optional<double> version = real(entry(root_, "checkpoint_version"));
  if (!version || *version < 2)
    refuse("checkpoint_version " + (version ? figure(*version) : std::string("(none)")) +
           ", whose qkv rows lie in another order,");
  for (const PlainArg& one : kPlainArgs)
    if (!is_plain(entry(*args_, one.name), one.plain))
      refuse(std::string(one.name) + " " + in_words(*entry(*args_, one.name)));
  const auto positions = text(entry(*args_, "position_embedding_type"));
  if (positions.value_or("") != "rope" && !flag("use_rotary_position_embeddings"))
    refuse("position_embedding_type " +
           (positions ? printable(std::string(*positions)) : std::string("(none)")));
  if (const auto swiglu = truth(entry(*args_, "swiglu")); swiglu && !*swiglu)
    refuse("an MLP without swiglu");
  const std::optional<double> percent = real(entry(*args_, "rotary_percent"));
  if (percent && *percent != 1) refuse("rotary_percent " + figure(*percent));
}

std::vector<std::string> MegatronArgs::differences(const ModelConfig& config) const {
  FigureComparison compare(*args_);
  compare.number("num_layers", "num_hidden_layers", config.layers);
  compare.number("hidden_size", "hidden_size", config.hidden);
  compare.number("ffn_hidden_size", "intermediate_size", config.intermediate);
  compare.number("num_attention_heads", "num_attention_heads", config.heads);
  compare.number("kv_channels", "head_dim", config.head_dim);
  if (flag("group_query_attention"))
    compare.number("num_query_groups", "num_key_value_heads", config.kv_heads);
  else if (truth(entry(*args_, "group_query_attention")))
    compare.number("num_attention_heads", "num_key_value_heads", config.kv_heads);
  compare.number("norm_epsilon", "rms_norm_eps", config.norm_eps);
  compare.number("rotary_base", "rope_theta", config.rope_theta);
  compare.flag("add_bias_linear", "mlp_bias", config.mlp_bias);
  if (!flag("add_bias_linear")) compare.flag("add_qkv_bias", "attention_bias", config.qkv_bias);
  compare.flag("untie_embeddings_and_output_weights", "tie_word_embeddings", config.tied, true);
  if (flag("use_rope_scaling") && config.rope.type == "default")
    compare.add("use_rope_scaling", "true", "rope_scaling", "none");
  if (const auto factor = real(entry(*args_, "rotary_seq_len_interpolation_factor"));
      factor && *factor != 1 && (config.rope.type != "linear" || config.rope.factor != *factor))
    compare.add("rotary_seq_len_interpolation_factor", figure(*factor), "rope_scaling",
                config.rope.type + " " + figure(config.rope.factor));
  compare_mup(*args_, config, compare);
  std::vector<std::string> out = std::move(compare).found();
  const auto rows = number_or_nothing("padded_vocab_size");
  if (rows && *rows < config.vocab_rows)
    out.push_back("padded_vocab_size is " + std::to_string(*rows) +
                  " in the checkpoint, vocab_size is " + std::to_string(config.vocab_rows) +
                  " in config.json");
  return out;
}

void describe(const MegatronArgs& args, CheckpointState& state) {
  state.step = args.iteration();
  state.tokens_seen = args.tokens_seen();
  state.flops = args.flops();
}

}  // namespace flm
