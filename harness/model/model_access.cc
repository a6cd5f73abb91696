#include "harness/model/model_access.h"

#include <cstdio>
#include <filesystem>

#include "base/errors.h"
#include "base/system/environment.h"
#include "harness/model/lm_eval_model_args.h"

namespace flm {
namespace {

/// What would score all of a root's checkpoints is said.
void note_root(const std::string& typed, const std::string& resolved, Progress& progress) {
  if (typed == resolved || !std::filesystem::is_directory(typed)) return;
  progress.note(typed + " holds a series of checkpoints and stands for its newest, " + resolved +
                "; all of them: flmeval track --series " + typed + " --tasks ...");
}

}  // namespace

bool is_replay(const ModelFlags& flags) { return flags.model.rfind("replay:", 0) == 0; }

void refuse_replay(const std::string& command, const ModelFlags& flags) {
  if (is_replay(flags)) throw UserError(command + " needs a model, not " + flags.model);
}

ModelFlags settle_model_flags(ModelFlags flags, Progress& progress) {
  refuse_other_engine(flags.model);
  if (!flags.model_args.empty() || is_lm_eval_model(flags.model))
    flags = with_lm_eval_model_args(std::move(flags), progress);
  check_device_form(flags.device);  // also where nothing is computed
  if (!flags.tokenizer.empty()) flags.tokenizer = resolve_tokenizer(flags.tokenizer);
  if (!is_replay(flags) && !flags.model.empty()) {
    const std::string typed = flags.model;
    flags.model = resolve_model(typed, flags.model_config, flags.weights);
    note_root(typed, flags.model, progress);
    flags.model_config = resolve_config(flags.model, flags.model_config);
  }
  return flags;
}

namespace {

constexpr double kGraceOfBatches = 0.75;  // the rest is the reports'

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
  options.pipeline_parallel = flags.pipeline_parallel;
  options.placement = flags.placement;
  options.max_length = flags.max_length;
  options.time_operations = flags.time_operations;
  options.stop_seconds = kGraceOfBatches * flags.grace;
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
  return environment("FLMEVAL_DATA").value_or("");
}

}  // namespace flm
