#include "harness/cli/flags.h"

#include "harness/cli/flag_checks.h"

namespace flm {

void begin_heading(CLI::App& command, const std::string& heading) {
  command.option_defaults()->group(heading);
}

void add_json_flag(CLI::App& app, Options& o, const std::string& about) {
  begin_heading(app, "Output");
  app.add_flag("--json", o.json, about);
}

void add_color_flag(CLI::App& app, Options& o) {
  begin_heading(app, "Output");
  app.add_option("--color,--colour", o.color,
                 "Warnings inverse on the screen; auto: on a terminal, without NO_COLOR")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->default_str("auto");
}

void add_store_flag(CLI::App& app, RunFlags& f) {
  begin_heading(app, "Output");
  app.add_option("--store", f.store, "Run store")->type_name("FILE")->default_str(f.store);
}

void add_checkpoint_flags(CLI::App& app, ModelFlags& f) {
  app.add_option("--model-config,--model_config", f.model_config,
                 "Folder of config.json and tokenizer for a trainer's checkpoint, which has none")
      ->type_name("DIR")
      ->check(some_text());
  app.add_option("--weights", f.weights, "Which, where a trainer's checkpoint has both")
      ->check(CLI::IsMember({"auto", "16bit", "fp32"}))
      ->default_str("auto");
}

namespace {

constexpr const char* kModelForms = "Folder, ORG/NAME[@REV] or synthetic:PRESET[?seed=N]";
constexpr const char* kModelOrReplayForms =
    "Folder, ORG/NAME[@REV], synthetic:PRESET[?seed=N] or replay:FILE[,FILE]";

void add_model_args_flag(CLI::App& app, ModelFlags& f) {
  app.add_option("--model-args,--model_args", f.model_args,
                 "lm-evaluation-harness's spelling: pretrained=DIR,dtype=float32,... or JSON")
      ->type_name("ARGS");
}

}  // namespace

void add_model_flag(CLI::App& app, ModelFlags& f) {
  begin_heading(app, "Model");
  app.add_option("--model", f.model, kModelForms)->type_name("MODEL")->required();
  add_model_args_flag(app, f);
}

void add_model_or_replay_flag(CLI::App& app, ModelFlags& f) {
  begin_heading(app, "Model");
  app.add_option("--model", f.model, kModelOrReplayForms)->type_name("MODEL");
  add_model_args_flag(app, f);
}

void add_models_flag(CLI::App& app, ModelFlags& f, RunFlags& run) {
  begin_heading(app, "Model");
  app.add_option("--model", run.models,
                 std::string(kModelOrReplayForms) +
                     "; several, or a glob in quotes: a run for each, and one table")
      ->type_name("MODEL")
      ->allow_extra_args(false);
  add_model_args_flag(app, f);
}

void add_device_flags(CLI::App& app, ModelFlags& f) {
  begin_heading(app, "Model");
  app.add_option("--device", f.device, "Where it is computed: auto, cpu, cuda, cuda:0,1")
      ->type_name("DEVICE")
      ->default_str("auto");
  app.add_option("--precision", f.precision,
                 "Operands; sums are fp32. auto: fp32 on a CPU, the checkpoint's on a GPU")
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}))
      ->default_str("auto");
  app.add_option("--threads", f.threads, "CPU threads")
      ->type_name("N")
      ->default_str("what the cgroup allows")
      ->check(above_zero());
  app.add_option("--memory", f.memory, "Most memory of the device to plan with")
      ->type_name("GiB")
      ->default_str("what is free, less a margin")
      ->check(above_zero());
  app.add_option("--host-memory,--host_memory", f.host_memory,
                 "What the host can give, for copies of streamed weights and the CPU's plan")
      ->type_name("GiB")
      ->default_str("FLM_HOST_MEMORY, else what is free")
      ->check(above_zero());
  app.add_option("--tensor-parallel,--tensor_parallel", f.tensor_parallel,
                 "Devices that share the layers of one copy of the model")
      ->type_name("N")
      ->default_str("1")
      ->check(above_zero());
  app.add_option("--data-parallel,--data_parallel", f.data_parallel,
                 "Copies of the model that share the work")
      ->type_name("N")
      ->default_str("one for each device, or group of those above and below")
      ->check(above_zero());
  app.add_option("--pipeline-parallel,--pipeline_parallel", f.pipeline_parallel,
                 "Devices that have some layers each of one copy of the model")
      ->type_name("N")
      ->default_str(
          "1; more where one GPU does not hold the model and they do not reach each other")
      ->check(above_zero());
  app.add_option("--placement", f.placement,
                 "Weights: on each device, one copy over all of them, or from the host each time")
      ->check(CLI::IsMember({"auto", "resident", "spread", "streamed"}))
      ->default_str("auto: the first that fits");
}

void add_context_flags(CLI::App& app, ModelFlags& f) {
  begin_heading(app, "Model");
  app.add_option("--max-length,--max_length", f.max_length, "Context limit, in tokens")
      ->type_name("N")
      ->default_str("the model's")
      ->check(above_zero());
  app.add_option("--over-long,--over_long", f.over_long,
                 "Items longer than the context: not scored, or cut as lm-evaluation-harness does")
      ->check(CLI::IsMember({"flag", "truncate-left"}))
      ->default_str("flag");
}

void add_tokenizer_flags(CLI::App& app, ModelFlags& f) {
  begin_heading(app, "Model");
  app.add_option("--tokenizer", f.tokenizer,
                 "Folder of the tokenizer, or ORG/NAME in the Hugging Face cache")
      ->type_name("DIR")
      ->check(some_text())
      ->default_str("beside the weights");
  add_checkpoint_flags(app, f);
  app.add_option("--add-bos-token,--add_bos_token", f.add_bos_token,
                 "A BOS token before every prompt; auto: as the tokenizer's configuration says")
      ->check(CLI::IsMember({"auto", "on", "off"}))
      ->default_str("auto");
}

void add_engine_flags(CLI::App& app, ModelFlags& f) {
  add_device_flags(app, f);
  add_context_flags(app, f);
  add_tokenizer_flags(app, f);
}

void add_grace_flag(CLI::App& app, ModelFlags& f) {
  begin_heading(app, "Stop");
  app.add_option("--grace", f.grace, "Most seconds from Ctrl-C, SIGTERM or SIGHUP to the end")
      ->type_name("SECONDS")
      ->check(seconds_of_an_alarm())
      ->default_str("30");
}

void add_timing_flag(CLI::App& app, ModelFlags& f) {
  begin_heading(app, "Model");
  app.add_flag("--time-operations,--time_operations", f.time_operations,
               "At the end, on stderr: calls, ms, GB/s, TFLOP/s and share of each operation of the "
               "engine, and seconds by batch (the results are the same)");
}

}  // namespace flm
