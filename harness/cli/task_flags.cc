// The flags of the commands that choose tasks (flags.h).
#include "harness/cli/flag_checks.h"
#include "harness/cli/flags.h"

namespace flm {
namespace {

/// translate_lm_eval() reads it: here for the help.
void add_config_flag(CLI::App& app) {
  app.add_option_function<std::string>(
         "--config", [](const std::string&) {},
         "YAML file of flags, lm-evaluation-harness's or ours; what is typed wins")
      ->type_name("FILE");
}

void add_choice_flags(CLI::App& app, TaskFlags& f) {
  begin_heading(app, "Tasks");
  app.add_option("--tasks", f.tasks,
                 "Names, groups, suites, FILE.yaml or folders, separated by commas")
      ->type_name("TASKS");
  app.add_option("--include-path,--include_path", f.include_path,
                 "Also the task files below DIR; they win")
      ->type_name("DIR");
  add_native_flag(app, f);
  auto* limit =
      app.add_option("--limit", f.limit, "First N documents of every task; below 1: that share")
          ->type_name("N")
          ->default_str("all")
          ->check(count_or_share());
  app.add_option("--samples", f.samples, "Which documents: JSON {task: [doc ids]}, or a file of it")
      ->type_name("FILE")
      ->excludes(limit);
  add_data_flag(app, f);
  add_config_flag(app);
  app.add_option("--seed", f.seed, "Draws the shots and the sampled answers")
      ->type_name("N")
      ->default_str("1234")
      ->check(zero_or_more());
}

void add_prompt_flags(CLI::App& app, TaskFlags& f) {
  begin_heading(app, "Prompts");
  app.add_option("--num-fewshot,--num_fewshot", f.num_fewshot,
                 "Shots before the question; a task file's own 0 stays")
      ->type_name("N")
      ->default_str("the task's")
      ->check(zero_or_more());
  app.add_flag("--apply-chat-template,--apply_chat_template", f.apply_chat_template,
               "Render with the tokenizer's chat template, or with that of a NAME behind it");
  app.add_option("--chat-template-args,--chat_template_args", f.chat_template_args,
                 "More names for the chat template, as {\"enable_thinking\": false}")
      ->type_name("JSON")
      ->default_str("none");
  app.add_option("--chat-date,--chat_date", f.chat_date,
                 "YYYY-MM-DD[THH:MM:SS] for chat templates that print the date")
      ->type_name("DATE")
      ->default_str("now")
      ->check(date_or_time());
  app.add_flag_function(
      "--fewshot-as-multiturn,--fewshot_as_multiturn",
      [&f](std::int64_t count) { f.fewshot_as_multiturn = count > 0; },
      "Shots as turns of the chat, as they are with a chat template; =false: one turn");
  app.add_option("--system-instruction,--system_instruction", f.system_instruction,
                 "The system turn of a chat template; without one, text before every prompt")
      ->default_str("none");
  app.add_option("--gen-kwargs,--gen_kwargs", f.gen_kwargs,
                 "Generation arguments that win over the tasks': KEY=VALUE[,...] or JSON")
      ->type_name("ARGS");
}

void add_bpb_flags(CLI::App& app, TaskFlags& f) {
  begin_heading(app, "Bits per byte");
  app.add_option("--bpb-context,--bpb_context", f.bpb_context,
                 "Model inputs of a BPB window, prefix included")
      ->type_name("N")
      ->default_str("the context limit")
      ->check(above_zero());
  app.add_option("--bpb-stride,--bpb_stride", f.bpb_stride, "Step between BPB windows")
      ->type_name("N")
      ->default_str("half of --bpb-context")
      ->check(above_zero());
  app.add_option("--bpb-window,--bpb_window", f.bpb_window,
                 "How a text is cut; rolling: as lm-evaluation-harness does")
      ->check(CLI::IsMember({"stride", "rolling", "packed"}))
      ->default_str("stride");
  app.add_option("--bpb-mixture,--bpb_mixture", f.bpb_mixture,
                 "YAML file of more domain mixtures: mixtures: [{name, weights: {LANG/DOMAIN: N}}]")
      ->type_name("FILE")
      ->check(some_text());
  app.add_option("--prefix-token,--prefix_token", f.prefix_token,
                 "Before the first token: an id, bos, eos or none")
      ->type_name("TOKEN")
      ->default_str("bos where the tokenizer adds it, else eos")
      ->check(prefix_token_name());
}

}  // namespace

void add_native_flag(CLI::App& app, TaskFlags& f) {
  app.add_flag("--accept-native-functions,--accept_native_functions", f.accept_native_functions,
               "Native functions also where MODULE.py beside a task file is not "
               "lm-evaluation-harness's");
}

void add_data_flag(CLI::App& app, TaskFlags& f) {
  app.add_option("--data", f.data, "Root of the data sets (docs/data.md)")
      ->type_name("DIR")
      ->default_str("FLMEVAL_DATA, else built-in samples");
}

void add_task_flags(CLI::App& app, TaskFlags& f) {
  add_choice_flags(app, f);
  add_prompt_flags(app, f);
  add_bpb_flags(app, f);
}

void add_predict_flag(CLI::App& app, TaskFlags& f) {
  begin_heading(app, "Tasks");
  app.add_flag("-x,--predict-only,--predict_only", f.predict_only,
               "Generate and store answers, score nothing: the one metric is bypass (999), and no "
               "code runs");
}

}  // namespace flm
