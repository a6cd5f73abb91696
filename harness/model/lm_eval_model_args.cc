#include "harness/model/lm_eval_model_args.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/text/nearest_name.h"
#include "base/text/top_level_parts.h"

namespace flm {
namespace {

using Argument = std::pair<std::string, std::string>;  // key, value

/// What an argument is here: taken, without effect, or refused with what to write in its place.
struct KnownArgument {
  const char* name;
  void (*take)(ModelFlags&, const std::string& value);
  const char* instead;        // "": it changes nothing
  bool false_counts = false;  // False is no default: only None leaves it out
};

[[noreturn]] void refuse(const std::string& key, const std::string& wanted,
                         const std::string& value) {
  throw UserError("--model_args " + key + " " + wanted + ": " + value);
}

bool truth(const std::string& key, const std::string& value) {
  if (value == "True" || value == "true" || value == "1") return true;
  if (value == "False" || value == "false" || value == "0") return false;
  refuse(key, "must be True or False", value);
}

/// The key's default, as if it were not given.
bool is_none(const std::string& value) {
  return value == "None" || value == "none" || value == "null";
}

bool is_off(const std::string& value) {
  return value.empty() || value == "False" || value == "false" || is_none(value);
}

void take_dtype(ModelFlags& flags, const std::string& value) {
  std::string name = value;
  if (name.starts_with("torch.")) name.erase(0, 6);
  if (name == "float32" || name == "fp32" || name == "float")
    flags.precision = "fp32";
  else if (name == "bfloat16" || name == "bf16")
    flags.precision = "bf16";
  else if (name == "auto")
    flags.precision = "auto";
  else
    refuse("dtype", "must be float32, bfloat16 or auto", value);
}

void take_max_length(ModelFlags& flags, const std::string& value) {
  flags.max_length = std::atoi(value.c_str());
  if (flags.max_length <= 0 || std::to_string(flags.max_length) != value)
    refuse("max_length", "must be a positive number", value);
}

void take_pretrained(ModelFlags& flags, const std::string& value) { flags.model = value; }
void take_tokenizer(ModelFlags& flags, const std::string& value) { flags.tokenizer = value; }
void take_device(ModelFlags& flags, const std::string& value) { flags.device = value; }
void take_add_bos(ModelFlags& flags, const std::string& value) {
  if (!value.empty()) flags.add_bos_token = truth("add_bos_token", value) ? "on" : "off";
}

constexpr const char* kOneEngine = "give its merged weights";
constexpr const char* kThinking = "cut the thoughts off with a filter of the task";
constexpr const char* kTemplateArguments =
    "give --chat-template-args '{\"enable_thinking\": false}' or its like beside "
    "--apply-chat-template, and drop it where there is no chat template";

/// lm_eval/models/huggingface.py, vllm_causallms.py and sglang_causallms.py, and what people hand
/// on to the libraries below.
const std::vector<KnownArgument>& known_arguments() {
  static const std::vector<KnownArgument> all = {
      {"pretrained", take_pretrained, ""},
      {"dtype", take_dtype, ""},
      {"torch_dtype", take_dtype, ""},
      {"add_bos_token", take_add_bos, ""},
      {"max_length", take_max_length, ""},
      {"max_model_len", take_max_length, ""},
      {"context_length", take_max_length, ""},
      {"tokenizer", take_tokenizer, ""},
      {"tokenizer_path", take_tokenizer, ""},
      {"device", take_device, ""},
      {"subfolder", nullptr, "give pretrained=DIR/SUBFOLDER"},
      {"truncation", nullptr, "give --over-long truncate-left"},
      {"truncation_side", nullptr, "give --over-long truncate-left"},
      {"prefix_token_id", nullptr, "give --prefix-token ID (bits per byte)"},
      {"max_gen_toks", nullptr, "give --gen-kwargs max_gen_toks=N"},
      {"peft", nullptr, kOneEngine},
      {"delta", nullptr, kOneEngine},
      {"lora_local_path", nullptr, kOneEngine},
      {"load_in_8bit", nullptr, "weights are used as they are stored; drop it"},
      {"load_in_4bit", nullptr, "weights are used as they are stored; drop it"},
      {"autogptq", nullptr, "quantized checkpoints are not read; give the original"},
      {"gptqmodel", nullptr, "quantized checkpoints are not read; give the original"},
      {"quantization", nullptr, "quantized checkpoints are not read; give the original"},
      {"gguf_file", nullptr, "GGUF files are not read; give the original folder"},
      {"mixed_precision_dtype", nullptr, "give dtype=bfloat16 or --precision"},
      {"think_end_token", nullptr, kThinking},
      {"enable_thinking", nullptr, kTemplateArguments, true},
      {"chat_template_args", nullptr, kTemplateArguments},
      {"trust_remote_code", nullptr, ""},
      {"parallelize", nullptr, ""},
      {"backend", nullptr, ""},
      {"batch_size", nullptr, ""},
      {"max_batch_size", nullptr, ""},
      {"use_fast_tokenizer", nullptr, ""},
      {"tokenizer_mode", nullptr, ""},
      {"logits_cache", nullptr, ""},
      {"softmax_dtype", nullptr, ""},
      {"attn_implementation", nullptr, ""},
      {"use_flash_attention_2", nullptr, ""},
      {"low_cpu_mem_usage", nullptr, ""},
      {"device_map", nullptr, ""},
      {"device_map_option", nullptr, ""},
      {"max_memory_per_gpu", nullptr, ""},
      {"max_cpu_memory", nullptr, ""},
      {"offload_folder", nullptr, ""},
      {"tp_plan", nullptr, ""},
      {"tensor_parallel_size", nullptr, ""},
      {"data_parallel_size", nullptr, ""},
      {"tp_size", nullptr, ""},
      {"dp_size", nullptr, ""},
      {"gpu_memory_utilization", nullptr, ""},
      {"mem_fraction_static", nullptr, ""},
      {"swap_space", nullptr, ""},
      {"enforce_eager", nullptr, ""},
      {"enable_prefix_caching", nullptr, ""},
      {"enable_chunked_prefill", nullptr, ""},
      {"max_num_seqs", nullptr, ""},
      {"max_num_batched_tokens", nullptr, ""},
      {"disable_log_stats", nullptr, ""},
      {"cache_dir", nullptr, ""},
      {"token", nullptr, ""},
      {"use_cache", nullptr, ""},
      {"seed", nullptr, ""},
      {"tokenizer_revision", nullptr, ""},
  };
  return all;
}

const KnownArgument& known_argument(const Argument& argument) {
  std::vector<std::string> names = {"revision"};
  for (const KnownArgument& known : known_arguments()) {
    if (argument.first == known.name) return known;
    names.push_back(known.name);
  }
  const std::string near = nearest_name(argument.first, names);
  throw UserError("--model_args " + argument.first + " is not understood; " +
                  (near.empty() ? "known: pretrained, revision, dtype, add_bos_token, max_length, "
                                  "max_model_len, "
                                  "tokenizer, device"
                                : "did you mean " + near + "?") +
                  " (value: " + argument.second + ")");
}

std::string unquoted(const std::string& text) {
  const bool quoted =
      text.size() > 1 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::vector<Argument> read_arguments(const std::string& text) {
  std::vector<Argument> arguments;
  if (text.starts_with("{")) {
    const Json object = parse_json(text, "--model_args");
    for (const auto& [key, value] : object.items()) {
      const bool off = value.is_null() || (value.is_boolean() && !value.get<bool>());
      arguments.push_back({key, value.is_string()    ? value.get<std::string>()
                                : value.is_boolean() ? (off ? "False" : "True")
                                : value.is_null()    ? "None"
                                                     : value.dump()});
    }
    return arguments;
  }
  for (const std::string& part : top_level_parts(text)) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) throw UserError("--model_args wants KEY=VALUE,...: " + part);
    std::string key = part.substr(0, equals);
    key.erase(0, std::min(key.find_first_not_of(' '), key.size()));
    arguments.push_back({key, unquoted(part.substr(equals + 1))});
  }
  return arguments;
}

/// True where it is worth a note: it was given and does nothing.
bool apply(ModelFlags& flags, const Argument& argument) {
  const KnownArgument& known = known_argument(argument);
  if (known.take) {
    if (!is_none(argument.second)) known.take(flags, argument.second);
    return false;
  }
  if (*known.instead == 0) {
    if (argument.first == "backend" && argument.second == "seq2seq")
      refuse("backend", "must be causal or default", argument.second);
    return true;
  }
  const bool is_false = argument.second == "False" || argument.second == "false";
  if (is_off(argument.second) && !(is_false && known.false_counts)) return false;
  refuse(argument.first, std::string("is not understood; ") + known.instead, argument.second);
}

/// Which engine lm_eval would have computed with has no part in it.
void check_model(const std::string& model) {
  if (is_lm_eval_model(model)) return;
  throw UserError(
      "--model_args goes with --model hf, vllm or sglang, of a checkpoint that lies here; the "
      "model "
      "is " +
      model);
}

}  // namespace

void refuse_other_engine(const std::string& model) {
  static const std::vector<std::string> names = {"anthropic-chat",
                                                 "anthropic-chat-completions",
                                                 "anthropic-completions",
                                                 "dummy",
                                                 "ggml",
                                                 "gguf",
                                                 "habana",
                                                 "hf-audiolm-qwen",
                                                 "hf-mistral3",
                                                 "hf-multimodal",
                                                 "ipex",
                                                 "litellm",
                                                 "litellm-chat",
                                                 "litellm-chat-completions",
                                                 "local-chat-completions",
                                                 "local-completions",
                                                 "mamba_ssm",
                                                 "megatron_lm",
                                                 "nemo_lm",
                                                 "neuronx",
                                                 "onnxruntime",
                                                 "onnxruntime-genai",
                                                 "openai-chat-completions",
                                                 "openai-completions",
                                                 "openvino",
                                                 "sglang-generate",
                                                 "steered",
                                                 "textsynth",
                                                 "trtllm",
                                                 "vllm-vlm",
                                                 "watsonx_llm",
                                                 "winml"};
  if (std::find(names.begin(), names.end(), model) == names.end()) return;
  if (std::filesystem::exists(model)) return;
  throw UserError(
      "--model names an engine of lm-evaluation-harness that is not here; give a checkpoint's "
      "folder, or score the answers that it logged: --model replay:SAMPLES.jsonl (model: " +
      model + ")");
}

bool is_lm_eval_model(const std::string& model) {
  static const std::vector<std::string> names = {"hf", "hf-auto", "huggingface", "vllm", "sglang"};
  return std::find(names.begin(), names.end(), model) != names.end();
}

ModelFlags with_lm_eval_model_args(ModelFlags flags, Progress& progress) {
  check_model(flags.model);
  const std::string engine = std::exchange(flags.model, "");
  std::string all, noted, revision;
  for (const std::string& text : flags.model_args) {
    all += (all.empty() ? "" : ",") + text;
    for (const Argument& argument : read_arguments(text)) {
      if (argument.first == "revision")
        revision = is_none(argument.second) ? "" : argument.second;
      else if (apply(flags, argument))
        noted += (noted.empty() ? "" : ", ") + argument.first;
    }
  }
  if (flags.model.empty())
    throw UserError("--model_args lacks pretrained=DIR; give it the checkpoint's folder: " +
                    (all.empty() ? "--model " + engine : all));
  const bool folder = std::filesystem::is_directory(flags.model);
  if (!revision.empty() && !(folder && revision == "main")) flags.model += "@" + revision;
  if (!noted.empty()) progress.note("--model_args: no result here depends on " + noted);
  return flags;
}

}  // namespace flm
