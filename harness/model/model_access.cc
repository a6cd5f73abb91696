#include "harness/model/model_access.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/errors.h"

namespace flm {
namespace {

bool truth(const std::string& key, const std::string& value) {
  if (value == "True" || value == "true" || value == "1") return true;
  if (value == "False" || value == "false" || value == "0") return false;
  throw UserError("--model_args " + key + " must be True or False: " + value);
}

std::string precision_of(const std::string& dtype) {
  if (dtype == "float32" || dtype == "fp32") return "fp32";
  if (dtype == "bfloat16" || dtype == "bf16") return "bf16";
  if (dtype == "auto") return "auto";
  throw UserError("--model_args dtype must be float32, bfloat16 or auto: " + dtype);
}

/// Why an argument that says where and how another program computes has no effect on figures here;
/// null where it is none of those.
const char* without_effect(const std::string& key, const std::string& value) {
  if (key == "trust_remote_code") return "no code of a checkpoint is run";
  for (const char* place :
       {"parallelize", "device_map", "device_map_option", "max_memory_per_gpu", "max_cpu_memory",
        "offload_folder", "max_memory", "gpus", "low_cpu_mem_usage", "tp_plan"})
    if (key == place) return "where weights lie is planned here; see --tensor-parallel, --memory";
  for (const char* way : {"attn_implementation", "use_flash_attention_2", "use_cache"})
    if (key == way) return "the formula is the same";
  if (key == "use_fast_tokenizer" && (value == "True" || value == "true" || value == "1"))
    return "tokenizer.json is read where there is one";
  for (const char* of_hub :
       {"cache_dir", "token", "use_auth_token", "force_download", "local_files_only"})
    if (key == of_hub) return "nothing is downloaded";
  return nullptr;
}

void apply_model_arg(ModelFlags& flags, const std::string& key, const std::string& value,
                     Progress& progress) {
  if (key == "pretrained") {
    flags.model = value;
  } else if (key == "revision") {
    flags.model += "@" + value;
  } else if (key == "dtype") {
    flags.precision = precision_of(value);
  } else if (key == "add_bos_token") {
    flags.add_bos_token = truth(key, value) ? "on" : "off";
  } else if (key == "max_length") {
    flags.max_length = std::atoi(value.c_str());
    if (flags.max_length <= 0)
      throw UserError("--model_args max_length must be a positive number: " + value);
  } else if (key == "tokenizer") {
    flags.tokenizer = value;
  } else if (key == "device") {
    flags.device = value;
  } else if (const char* said = without_effect(key, value)) {
    progress.note("--model_args " + key + "=" + value + " changes nothing here: " + said);
  } else if (key == "peft" || key == "delta" || key.starts_with("load_in_") || key == "autogptq" ||
             key == "gptqmodel" || key == "gguf_file" || key == "quantization_config") {
    throw UserError("--model_args " + key +
                    " changes the weights, which is not done here; give a checkpoint that holds "
                    "the changed weights: " +
                    value);
  } else {
    throw UserError("--model_args " + key +
                    " is not understood; known: pretrained, revision, dtype, add_bos_token, "
                    "max_length, tokenizer, device");
  }
}

/// What would score all of a root's checkpoints is said.
void note_root(const std::string& typed, const std::string& resolved, Progress& progress) {
  if (typed == resolved || !std::filesystem::is_directory(typed)) return;
  progress.note(typed + " holds a series of checkpoints and stands for its newest, " + resolved +
                "; all of them: flmeval track --series " + typed + " --tasks ...");
}

}  // namespace

bool is_replay(const ModelFlags& flags) { return flags.model.rfind("replay:", 0) == 0; }

ModelFlags settle_model_flags(ModelFlags flags, Progress& progress) {
  if (!flags.model_args.empty()) {
    if (flags.model != "hf")
      throw UserError("--model_args goes with --model hf; the model is " + flags.model);
    flags.model.clear();
    std::stringstream parts(flags.model_args);
    for (std::string part; std::getline(parts, part, ',');) {
      const size_t equals = part.find('=');
      if (equals == std::string::npos) throw UserError("--model_args wants KEY=VALUE,...: " + part);
      apply_model_arg(flags, part.substr(0, equals), part.substr(equals + 1), progress);
    }
    if (flags.model.empty())
      throw UserError("--model_args lacks pretrained=DIR: " + flags.model_args);
  }
  if (!is_replay(flags) && !flags.model.empty()) {
    const std::string typed = flags.model;
    flags.model = resolve_model(typed, flags.model_config, flags.weights);
    note_root(typed, flags.model, progress);
    flags.model_config = resolve_config(flags.model, flags.model_config);
  }
  return flags;
}

namespace {

TokenizerOptions tokenizer_options(const ModelFlags& flags) {
  TokenizerOptions options;
  const std::string& beside = flags.model_config.empty() ? flags.model : flags.model_config;
  options.folder = flags.tokenizer.empty() ? beside : flags.tokenizer;
  if (flags.tokenizer.empty() && flags.model.rfind("synthetic:", 0) == 0) {
    throw UserError("a synthetic model has no tokenizer; give --tokenizer DIR: " + flags.model);
  }
  options.add_bos = flags.add_bos_token == "on"    ? AddBos::kOn
                    : flags.add_bos_token == "off" ? AddBos::kOff
                                                   : AddBos::kAuto;
  return options;
}

}  // namespace

EngineOptions engine_options(const ModelFlags& flags) {
  EngineOptions options;
  options.model = flags.model;
  options.model_config = flags.model_config;
  options.weights = flags.weights;
  options.device = flags.device;
  options.precision = flags.precision == "fp32"   ? Precision::kFp32
                      : flags.precision == "bf16" ? Precision::kBf16
                                                  : Precision::kAuto;
  options.threads = flags.threads;
  options.memory_gib = flags.memory;
  options.host_memory_gib = flags.host_memory;
  options.tensor_parallel = flags.tensor_parallel;
  options.data_parallel = flags.data_parallel;
  options.max_length = flags.max_length;
  options.time_operations = flags.time_operations;
  options.nodes = flags.nodes;
  if (flags.nodes && !(flags.tokenizer.empty() && flags.model.rfind("synthetic:", 0) == 0))
    options.tokenizer = tokenizer_options(flags).folder;
  return options;
}

std::unique_ptr<Engine> open_engine(const ModelFlags& flags, Progress& progress) {
  return Engine::open(engine_options(flags), progress);
}

std::unique_ptr<Tokenizer> open_tokenizer(const ModelFlags& flags) {
  auto tokenizer = Tokenizer::open(tokenizer_options(flags));
  for (const std::string& note : tokenizer->notes())
    std::fprintf(stderr, "note: %s\n", note.c_str());
  return tokenizer;
}

std::string data_root(const TaskFlags& flags) {
  if (!flags.data.empty()) return flags.data;
  const char* from_environment = std::getenv("FLMEVAL_DATA");
  return from_environment ? from_environment : "";
}

}  // namespace flm
