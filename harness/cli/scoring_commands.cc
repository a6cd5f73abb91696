// The subcommands that open a model (parser.h).
#include <CLI/CLI.hpp>

#include "harness/cli/flag_checks.h"
#include "harness/cli/flags.h"
#include "harness/cli/parser.h"

namespace flm {
namespace {

void add_run(Parser& parser) {
  Options& o = parser.options;
  CLI::App* run = parser.add("run", "Score a checkpoint on tasks",
                             "flmeval run --model models/nano/step_01600 --tasks bpb");
  add_models_flag(*run, o.model, o.run);
  add_engine_flags(*run, o.model);
  add_timing_flag(*run, o.model);
  add_task_flags(*run, o.task);
  add_predict_flag(*run, o.task);
  add_run_flags(*run, o.run);
  add_color_flag(*run, o);
  add_grace_flag(*run, o.model);
}

void add_track(Parser& parser) {
  Options& o = parser.options;
  CLI::App* track = parser.add(
      "track", "Score a series of checkpoints, and show its loss and its figures as curves",
      "flmeval track --series 'models/nano/step_*' --tasks bpb --data models/nano --name nano");
  add_track_flags(*track, o);
  add_engine_flags(*track, o.model);
  add_task_flags(*track, o.task);
  add_grace_flag(*track, o.model);
}

void add_plan(Parser& parser) {
  Options& o = parser.options;
  CLI::App* plan = parser.add("plan", "What a run would cost, without running it",
                              "flmeval plan --model DIR --tasks mmlu --num-fewshot 5");
  add_model_flag(*plan, o.model);
  add_engine_flags(*plan, o.model);
  add_task_flags(*plan, o.task);
  begin_heading(*plan, "Plan");
  plan->add_option(
          "--on", o.gpus,
          "GPUs that are not here, [NODESx]GPUSxPART: what scoring would take on them, and "
          "where it stops scaling (8xh100, 2x8xh100; a100, h100, h200)")
      ->type_name("GPUS");
  add_store_flag(*plan, o.run);
  add_json_flag(*plan, o, "One JSON document");
}

void add_score(Parser& parser) {
  Options& o = parser.options;
  CLI::App* score = parser.add("score", "Log-probability of every token of given texts, as JSONL",
                               "flmeval score --model DIR --text FILE");
  add_model_flag(*score, o.model);
  add_engine_flags(*score, o.model);
  add_timing_flag(*score, o.model);
  begin_heading(*score, "Texts");
  score->add_option("--text", o.text_file, "A text file: one request, the whole file")
      ->type_name("FILE");
  score
      ->add_option(
          "--tokens", o.tokens_file,
          "JSONL of {\"id\", \"tokens\"[, \"first_scored\"]} or {\"id\", \"text\"} (- = stdin)")
      ->type_name("FILE");
  score->add_option("--top", o.top, "Also the N most likely tokens of every position")
      ->type_name("N")
      ->check(zero_or_more());
  add_json_flag(*score, o, "JSONL on stdout (always so)");
}

void add_generate(Parser& parser) {
  Options& o = parser.options;
  CLI::App* generate =
      parser.add("generate", "Continue prompts",
                 "flmeval generate --model DIR --prompt 北京市是中国的首都 --max-new-tokens 128 "
                 "--repetition-penalty 1.03");
  add_model_flag(*generate, o.model);
  add_engine_flags(*generate, o.model);
  add_timing_flag(*generate, o.model);
  add_generation_flags(*generate, o);
}

void add_tokenize(Parser& parser) {
  Options& o = parser.options;
  CLI::App* tokenize = parser.add("tokenize", "Ids, pieces and byte spans of texts",
                                  "flmeval tokenize --model DIR --text 'Hello world'");
  add_model_flag(*tokenize, o.model);
  add_tokenizer_flags(*tokenize, o.model);
  begin_heading(*tokenize, "Texts");
  tokenize->add_option("--text", o.text, "The text");
  tokenize->add_option("--file", o.text_file, "JSONL of {\"text\"} (- = stdin)")->type_name("FILE");
  add_json_flag(*tokenize, o, "JSON on stdout (always so)");
}

}  // namespace

void add_scoring_commands(Parser& parser) {
  parser.heading = "Score";
  add_run(parser);
  add_track(parser);
  add_plan(parser);
  add_score(parser);
  add_generate(parser);
  add_tokenize(parser);
}

}  // namespace flm
