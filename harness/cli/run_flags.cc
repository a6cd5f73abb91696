// The flags of `run` and `generate` (flags.h).
#include "harness/cli/flag_checks.h"
#include "harness/cli/flags.h"

namespace flm {
namespace {

void add_output_flags(CLI::App& app, RunFlags& f) {
  add_store_flag(app, f);
  app.add_option("--output", f.output, "Folder of reports and samples")
      ->type_name("DIR")
      ->default_str("runs/ID");
  app.add_option("--output-path,--output_path", f.output_path,
                 "Results and samples also as lm-evaluation-harness lays them out: "
                 "DIR/MODEL/results_DATE.json")
      ->type_name("DIR")
      ->default_str("none");
  app.add_flag("--overwrite", f.overwrite,
               "Write reports also into a folder of another run, or of other files");
  app.add_option("--name", f.name, "A label for the run")->type_name("NAME");
  app.add_flag("--log-samples,!--no-log-samples,--log_samples", f.log_samples,
               "Write samples_TASK.jsonl (--no-log-samples: none)")
      ->default_str("on");
  app.add_option("--log-prompts,--log_prompts", f.log_prompts, "Prompts in the samples")
      ->check(CLI::IsMember({"default", "full", "hash", "none"}))
      ->default_str("full for the first 3 of a task, then hash");
  add_html_samples_flag(app, f);
  app.add_flag("--json", f.json, "results.json on stdout");
}

void add_proof_flags(CLI::App& app, RunFlags& f) {
  begin_heading(app, "Proof");
  app.add_option("--verify", f.verify,
                 "Share of requests to run again at other batch shapes and orders (0.01 or 1%)")
      ->type_name("SHARE")
      ->transform(share_of)
      ->check(at_most(1));
  app.add_option("--verify-against,--verify_against", f.verify_against,
                 "Compare that share of items with cpu-fp32, cpu-bf16, cuda-fp32 or cuda-bf16")
      ->expected(2)
      ->type_name("BACKEND SHARE");
}

}  // namespace

void add_unsafe_flag(CLI::App& app, RunFlags& f) {
  app.add_flag(
      "--unsafe-code-execution,--unsafe_code_execution,--confirm_run_unsafe_code",
      f.unsafe_code_execution,
      "Run generated code without a sandbox where none can be had (flmeval doctor says why)");
}

void add_code_flags(CLI::App& app, RunFlags& f) {
  begin_heading(app, "Generated code");
  add_unsafe_flag(app, f);
  auto* verdicts = app.add_option("--code-verdicts,--code_verdicts", f.code_verdicts,
                                  "Verdicts on generated code from FILE (JSONL of flmeval judge)")
                       ->type_name("FILE");
  app.add_option("--export-code,--export_code", f.export_code,
                 "Do not run generated code; write it to FILE for flmeval judge elsewhere")
      ->type_name("FILE")
      ->excludes(verdicts);
}

void add_html_samples_flag(CLI::App& app, RunFlags& f) {
  app.add_option(
         "--html-samples,--html_samples", f.html_samples,
         "Samples in the page: all, flips (with errors and flagged items), N others of each "
         "task beside these, none, or fit: all while the file stays within 25 MB, else 2000")
      ->type_name("WHICH")
      ->default_str("fit");
}

void add_run_flags(CLI::App& app, RunFlags& f) {
  begin_heading(app, "Long runs");
  auto* resume = app.add_option("--resume", f.resume, "Go on with a stored run")->type_name("RUN");
  app.add_option("--again", f.again,
                 "The same command as a stored run's, once more, on today's files; flags beside it "
                 "win")
      ->type_name("RUN")
      ->excludes(resume);
  app.add_flag("--fresh", f.fresh, "Ignore stored answers")->excludes(resume);
  add_output_flags(app, f);
  add_proof_flags(app, f);
  add_code_flags(app, f);
}

void add_generation_flags(CLI::App& app, Options& o) {
  GenerateRequest& g = o.generation;
  begin_heading(app, "Prompts");
  app.add_option("--prompt", o.prompt, "The prompt");
  app.add_option("--prompts", o.prompts_file,
                 "JSONL of {\"id\", \"prompt\" or \"tokens\", ...} (- = stdin)")
      ->type_name("FILE");
  begin_heading(app, "Generation");
  app.add_option("--max-new-tokens,--max_new_tokens", g.max_new_tokens, "Most tokens to generate")
      ->type_name("N")
      ->default_str(std::to_string(g.max_new_tokens))
      ->check(above_zero());
  app.add_option("--stop", g.stop, "Text that ends an answer; may be given again")
      ->check(some_text());
  app.add_flag("--ignore-eos,--ignore_eos", o.ignore_eos, "End of text does not stop");
  app.add_option("--temperature", g.sampling.temperature, "0: the likeliest token each time")
      ->type_name("X")
      ->default_str("0")
      ->check(zero_or_more());
  app.add_option("--top-k,--top_k", g.sampling.top_k, "Only the K likeliest tokens; 0: off")
      ->type_name("K")
      ->default_str("0")
      ->check(zero_or_more());
  app.add_option("--top-p,--top_p", g.sampling.top_p,
                 "Only the likeliest tokens that make up this share; 1: off")
      ->type_name("P")
      ->default_str("1")
      ->check(above_0_to_1());
  app.add_option("--repetition-penalty,--repetition_penalty", g.sampling.repetition_penalty,
                 "Divides the scores of tokens seen before; 1: off")
      ->type_name("X")
      ->default_str("1")
      ->check(above_zero());
  app.add_option("--seed", g.sampling.seed, "Of the sampling")
      ->type_name("N")
      ->default_str(std::to_string(g.sampling.seed))
      ->check(zero_or_more());
  add_json_flag(app, o, "JSONL on stdout");
}

}  // namespace flm
