#include "harness/cli/flags.h"

#include <CLI/CLI.hpp>

#include "base/json.h"

namespace flm {
namespace {

/// CLI11's own prints the largest double with all its digits.
CLI::Validator above_zero() {
  return CLI::Validator(
      [](std::string& text) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value);
        return number && value > 0 ? std::string() : "wants a number above 0: " + text;
      },
      "above 0");
}

/// CLI11's own lets NaN through.
CLI::Validator from_0_to_1() {
  return CLI::Validator(
      [](std::string& text) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value);
        return number && value >= 0 && value <= 1 ? std::string()
                                                  : "wants a number from 0 to 1: " + text;
      },
      "0 to 1");
}

/// "1%" as "0.01"; what is no number stays for the range check to refuse.
std::string share_of(std::string text) {
  if (text.empty() || text.back() != '%') return text;
  double percent = 0;
  const std::string number = text.substr(0, text.size() - 1);
  return CLI::detail::lexical_cast(number, percent) ? python_float_repr(percent / 100) : text;
}

}  // namespace

void add_checkpoint_flags(CLI::App& app, ModelFlags& f) {
  app.add_option("--model-config,--model_config", f.model_config,
                 "Folder of config.json and tokenizer for a trainer's checkpoint, which has none");
  app.add_option("--weights", f.weights,
                 "auto, 16bit or fp32, where a trainer's checkpoint has both")
      ->check(CLI::IsMember({"auto", "16bit", "fp32"}));
}

void add_model_flags(CLI::App& app, ModelFlags& f, bool required) {
  auto* model =
      app.add_option("--model", f.model,
                     "Folder, ORG/NAME[@REV], synthetic:PRESET[?seed=N] or replay:FILE[,FILE]");
  if (required) model->required();
  app.add_option("--model-args,--model_args", f.model_args,
                 "lm-evaluation-harness's spelling: pretrained=DIR,dtype=float32,... or JSON");
  add_engine_flags(app, f);
}

void add_engine_flags(CLI::App& app, ModelFlags& f) {
  app.add_option("--device", f.device, "auto, cpu, cuda, cuda:0,1");
  app.add_option("--precision", f.precision, "Operands: auto, fp32 or bf16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}));
  app.add_option("--threads", f.threads, "CPU threads (default: what the cgroup allows)")
      ->check(above_zero());
  app.add_option("--memory", f.memory,
                 "Most memory to plan with, GiB (default: what is free, less a margin)")
      ->check(above_zero());
  app.add_option("--host-memory,--host_memory", f.host_memory,
                 "GiB that the host can give, for copies of streamed weights and the CPU's plan "
                 "(default: FLM_HOST_MEMORY, else what is free)")
      ->check(above_zero());
  app.add_option("--tensor-parallel,--tensor_parallel", f.tensor_parallel,
                 "Ranks that share a model's layers (default 1)")
      ->check(above_zero());
  app.add_option("--data-parallel,--data_parallel", f.data_parallel,
                 "Models that share the work (default: one for each device, or group of ranks)")
      ->check(above_zero());
  app.add_option("--max-length,--max_length", f.max_length, "Context limit (default: the model's)")
      ->check(above_zero());
  app.add_option("--over-long,--over_long", f.over_long,
                 "Items longer than the context: flag or truncate-left")
      ->check(CLI::IsMember({"flag", "truncate-left"}));
  app.add_option("--tokenizer", f.tokenizer, "Folder of the tokenizer, if not beside the weights");
  add_checkpoint_flags(app, f);
  app.add_option("--add-bos-token,--add_bos_token", f.add_bos_token,
                 "auto (the tokenizer's own configuration), on or off")
      ->check(CLI::IsMember({"auto", "on", "off"}));
}

void add_grace_flag(CLI::App& app, ModelFlags& f) {
  app.add_option("--grace", f.grace,
                 "Most seconds from Ctrl-C, SIGTERM or SIGHUP to the end (default: 30)")
      ->check(above_zero());
}

void add_timing_flag(CLI::App& app, ModelFlags& f) {
  app.add_flag("--time-operations,--time_operations", f.time_operations,
               "At the end, on stderr: calls, ms, GB/s, TFLOP/s and share of each operation of the "
               "engine, and seconds by batch (the results are the same)");
}

void add_native_flag(CLI::App& app, TaskFlags& f) {
  app.add_flag("--accept-native-functions,--accept_native_functions", f.accept_native_functions,
               "Native functions also where MODULE.py beside a task file is not "
               "lm-evaluation-harness's");
}

void add_task_flags(CLI::App& app, TaskFlags& f) {
  app.add_option("--tasks", f.tasks,
                 "Names, groups, suites, FILE.yaml or folders, separated by commas");
  app.add_option("--include-path,--include_path", f.include_path,
                 "Also the task files below DIR; they win");
  add_native_flag(app, f);
  app.add_option("--num-fewshot,--num_fewshot", f.num_fewshot, "Shots (default: the task's)")
      ->check(CLI::NonNegativeNumber);
  auto* limit =
      app.add_option("--limit", f.limit, "First N documents of every task; below 1: that share")
          ->check(above_zero());
  app.add_option("--gen-kwargs,--gen_kwargs", f.gen_kwargs,
                 "Generation arguments that win over the tasks': KEY=VALUE[,...] or JSON");
  app.add_option("--samples", f.samples, "JSON {task: [doc ids]}, or a file of it")
      ->excludes(limit);
  app.add_option("--seed", f.seed, "Few-shot and sampling seed (default: 1234)");
  app.add_option("--data", f.data,
                 "Root of the data sets (default: FLMEVAL_DATA, else built-in samples)");
  app.add_flag("--apply-chat-template,--apply_chat_template", f.apply_chat_template,
               "Render with the tokenizer's chat template, or with that of a NAME behind it");
  app.add_option("--chat-date,--chat_date", f.chat_date,
                 "YYYY-MM-DD[THH:MM:SS] for chat templates that print the date (default: now)");
  app.add_flag_function(
      "--fewshot-as-multiturn,--fewshot_as_multiturn",
      [&f](std::int64_t count) { f.fewshot_as_multiturn = count > 0; },
      "Shots as turns of the chat, as they are with a chat template; =false: one turn");
  app.add_option("--system-instruction,--system_instruction", f.system_instruction,
                 "Text before the prompt");
  app.add_option("--bpb-context,--bpb_context", f.bpb_context,
                 "Model inputs of a BPB window, prefix included")
      ->check(above_zero());
  app.add_option("--bpb-stride,--bpb_stride", f.bpb_stride, "Step between BPB windows")
      ->check(above_zero());
  app.add_option("--bpb-window,--bpb_window", f.bpb_window, "stride, rolling or packed")
      ->check(CLI::IsMember({"stride", "rolling", "packed"}));
  app.add_option(
      "--bpb-mixture,--bpb_mixture", f.bpb_mixture,
      "YAML file of more domain mixtures: mixtures: [{name, weights: {LANG/DOMAIN: N}}]");
  app.add_option("--prefix-token,--prefix_token", f.prefix_token,
                 "Before the first token: an id, bos, eos or none");
}

void add_predict_flag(CLI::App& app, TaskFlags& f) {
  app.add_flag("-x,--predict-only,--predict_only", f.predict_only,
               "Only log the answers; the one metric is bypass (999) and no code runs");
}

void add_unsafe_flag(CLI::App& app, RunFlags& f) {
  app.add_flag(
      "--unsafe-code-execution,--unsafe_code_execution,--confirm_run_unsafe_code",
      f.unsafe_code_execution,
      "Run generated code without a sandbox where none can be had (flmeval doctor says why)");
}

void add_code_flags(CLI::App& app, RunFlags& f) {
  add_unsafe_flag(app, f);
  auto* verdicts = app.add_option("--code-verdicts,--code_verdicts", f.code_verdicts,
                                  "Verdicts on generated code from FILE (JSONL of flmeval judge)");
  app.add_option("--export-code,--export_code", f.export_code,
                 "Do not run generated code; write it to FILE for flmeval judge elsewhere")
      ->excludes(verdicts);
}

void add_html_samples_flag(CLI::App& app, RunFlags& f) {
  app.add_option(
         "--html-samples,--html_samples", f.html_samples,
         "Samples in the page: all, flips (with errors and flagged items), N others of each "
         "task beside these, none, or fit: all while the file stays within 25 MB, else 2000")
      ->default_str("fit");
}

void add_run_flags(CLI::App& app, RunFlags& f) {
  app.add_option("--store", f.store, "Run store (default: flmeval.db)");
  app.add_option("--output,--output_path", f.output,
                 "Folder of reports and samples (default: runs/ID)");
  app.add_option("--name", f.name, "A label for the run");
  auto* resume = app.add_option("--resume", f.resume, "Go on with a stored run");
  app.add_flag("--fresh", f.fresh, "Ignore stored responses")->excludes(resume);
  app.add_flag("--log-samples,!--no-log-samples,--log_samples", f.log_samples,
               "Write samples_TASK.jsonl");
  app.add_option(
         "--log-prompts,--log_prompts", f.log_prompts,
         "Prompts in the samples: full, hash or none (default: full for the first 3 of a task)")
      ->check(CLI::IsMember({"default", "full", "hash", "none"}));
  add_html_samples_flag(app, f);
  app.add_option("--verify", f.verify,
                 "Share of requests to run again at other batch shapes and orders (0.01 or 1%)")
      ->transform(share_of)
      ->check(from_0_to_1());
  app.add_option("--verify-against,--verify_against", f.verify_against,
                 "BACKEND SHARE: compare that share of items with cpu-fp32, cpu-bf16, cuda-fp32 or "
                 "cuda-bf16")
      ->expected(2)
      ->type_name("BACKEND SHARE");
  add_code_flags(app, f);
  app.add_flag("--json", f.json, "results.json on stdout");
}

void add_generation_flags(CLI::App& app, Options& o) {
  GenerateRequest& g = o.generation;
  app.add_option("--prompt", o.prompt, "The prompt");
  app.add_option("--prompts", o.prompts_file,
                 "JSONL of {\"id\", \"prompt\" or \"tokens\", ...} (- = stdin)");
  app.add_option("--max-new-tokens,--max_new_tokens", g.max_new_tokens, "Most tokens to generate")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--stop", g.stop, "Stop string; may be given again");
  app.add_flag("--ignore-eos,--ignore_eos", o.ignore_eos, "End of text does not stop");
  app.add_option("--temperature", g.sampling.temperature, "0 = greedy")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--top-k,--top_k", g.sampling.top_k, "0 = off")->check(CLI::NonNegativeNumber);
  app.add_option("--top-p,--top_p", g.sampling.top_p, "Nucleus")->check(from_0_to_1());
  app.add_option("--repetition-penalty,--repetition_penalty", g.sampling.repetition_penalty,
                 "1 = off")
      ->check(above_zero());
  app.add_option("--seed", g.sampling.seed, "Of the sampling");
  app.add_flag("--json", o.json, "JSONL on stdout");
}

}  // namespace flm
