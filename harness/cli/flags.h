// The flags that several subcommands share.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "harness/cli/options.h"

namespace flm {

/// The flags that are added to `command` from here on stand below this heading of its help.
void begin_heading(CLI::App& command, const std::string& heading);
/// --json, below Output.
void add_json_flag(CLI::App& app, Options& options, const std::string& about);
/// --color: of what people read on stdout.
void add_color_flag(CLI::App& app, Options& options);
/// --store, below Output.
void add_store_flag(CLI::App& app, RunFlags& flags);
/// --data alone.
void add_data_flag(CLI::App& app, TaskFlags& flags);
/// --model-config and --weights.
void add_checkpoint_flags(CLI::App& app, ModelFlags& flags);
/// --model and --model-args of a command that opens a model: one must be given.
void add_model_flag(CLI::App& app, ModelFlags& flags);
/// The same where logged answers, or no model, will do.
void add_model_or_replay_flag(CLI::App& app, ModelFlags& flags);
/// The same where --model may be given again.
void add_models_flag(CLI::App& app, ModelFlags& flags, RunFlags& run);
/// Where and how a model is computed.
void add_device_flags(CLI::App& app, ModelFlags& flags);
/// --max-length and --over-long.
void add_context_flags(CLI::App& app, ModelFlags& flags);
/// --tokenizer, --model-config, --weights and --add-bos-token.
void add_tokenizer_flags(CLI::App& app, ModelFlags& flags);
/// The three above: of every command that computes with a model.
void add_engine_flags(CLI::App& app, ModelFlags& flags);
/// How soon a run ends after a signal.
void add_grace_flag(CLI::App& app, ModelFlags& flags);
/// --time-operations: of the commands that compute.
void add_timing_flag(CLI::App& app, ModelFlags& flags);
void add_task_flags(CLI::App& app, TaskFlags& flags);
/// --accept-native-functions alone.
void add_native_flag(CLI::App& app, TaskFlags& flags);
/// --predict-only: of the task, because it takes the place of its metrics.
void add_predict_flag(CLI::App& app, TaskFlags& flags);
/// --unsafe-code-execution alone.
void add_unsafe_flag(CLI::App& app, RunFlags& flags);
/// What happens with generated code.
void add_code_flags(CLI::App& app, RunFlags& flags);
/// --html-samples alone.
void add_html_samples_flag(CLI::App& app, RunFlags& flags);
void add_run_flags(CLI::App& app, RunFlags& flags);
void add_track_flags(CLI::App& app, Options& options);
void add_generation_flags(CLI::App& app, Options& options);

}  // namespace flm
