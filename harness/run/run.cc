#include "harness/run/run.h"

#include <cstdio>
#include <functional>

#include "base/system/terminal_size.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/process/write_or_tell.h"
#include "harness/proof/generated_scores.h"
#include "harness/proof/oracle.h"
#include "harness/proof/verify.h"
#include "harness/run/compute.h"
#include "harness/run/heartbeat.h"
#include "harness/run/run_header.h"
#include "harness/terminal/color.h"
#include "harness/terminal/jsonl.h"
#include "reports/report.h"
#include "reports/views/outputs.h"
#include "reports/views/terminal.h"

namespace flm {
namespace {

void verify(StartedRun& run, const RunComputation& computation, Progress& progress) {
  if (run.replay) return progress.note("verify: a replay has nothing to run again");
  const double share = run.options.run.verify;
  const std::uint64_t seed = run.options.task.seed;
  const std::string scores = verify_scores(
      *run.engine, run.plan.scores, [&](std::size_t i) { return computation.stored_score(i); },
      share, seed);
  const std::string answers = verify_generations(
      *run.engine, *run.tokenizer, run.plan.generations,
      [&](std::size_t i) { return computation.stored_generation(i); }, share, seed);
  for (const std::string& line : {scores, answers})
    if (!line.empty()) progress.note(line);
  if (scores.empty() && answers.empty()) progress.note("verify: nothing was asked of the model");
}

int verify_against(StartedRun& run, const RunComputation& computation) {
  const EngineInfo info = run.engine->info();
  run.engine.reset();  // the two need not fit together
  const std::size_t scored = run.plan.scores.size();
  const std::vector<ScoreResult> generated = add_generated_scores(
      run.plan, [&](std::size_t i) { return computation.stored_generation(i); });
  const OracleReport report = compare_with_oracle(
      run.plan,
      [&](std::size_t i) {
        return i < scored ? computation.stored_score(i) : generated[i - scored];
      },
      info, *run.oracle, oracle_share(run.options.run.verify_against[1]), run.options.task.seed);
  std::fprintf(stderr, "%s\n", report.text.c_str());
  return report.explained ? kDone : kCheckSaidNo;
}

LogPrompts log_prompts(const std::string& name) {
  if (name == "full") return LogPrompts::kFull;
  if (name == "hash") return LogPrompts::kHash;
  if (name == "none") return LogPrompts::kNone;
  return LogPrompts::kDefault;
}

/// Where `write` fails the run itself lies in the store: how its files come to be elsewhere, by
/// `flag`, is said.
void write_files(const StartedRun& run, const std::string& flag,
                 const std::function<void()>& write) {
  write_or_tell(write, write_again_text(run, flag));
}

Report write_results(StartedRun& run, Progress& progress) {
  const RunFlags& flags = run.options.run;
  Report report = build_report(*run.store, run.record.id, kBootstrapIterations, &progress);
  write_files(run, "--output", [&] {
    write_outputs(*run.store, report, run.folder, flags.log_samples, log_prompts(flags.log_prompts),
                  html_options(flags.html_samples));
  });
  write_files(run, "--export-code", [&] { run.judge->write_export(); });
  return report;
}

/// What a pasted line of lm_eval leaves behind: of whole runs alone, as there.
void write_lm_eval_results(StartedRun& run, const Report& report, Progress& progress) {
  const RunFlags& flags = run.options.run;
  if (flags.output_path.empty()) return;
  write_files(run, "--output-path", [&] {
    progress.note("--output-path: " + write_lm_eval_outputs(*run.store, report, flags.output_path,
                                                            flags.log_samples,
                                                            log_prompts(flags.log_prompts)));
  });
}

int tell_interrupted(const StartedRun& run, const RunComputation& computation) {
  std::fprintf(stderr, "interrupted after %lld of %lld items; %s\n",
               static_cast<long long>(computation.items_done()),
               static_cast<long long>(computation.items_total()), go_on_text(run).c_str());
  return kInterrupted;
}

/// A launcher gives its processes a terminal of its own, wherever their words go in the end.
bool coloured(const Options& options) {
  return wants_color(options.model.nodes && options.color == "auto" ? "never" : options.color);
}

void print_report(const StartedRun& run, const Report& report) {
  if (run.options.run.json) {
    print_line(report.results_json);
  } else {
    std::fputs(
        render_terminal(report, {.columns = terminal_columns(), .colour = coloured(run.options)})
            .c_str(),
        stdout);
    std::printf("%s/report.md\n", run.folder.c_str());
  }
}

}  // namespace

int execute_run(const Options& options, Progress& progress) {
  return execute_run(options, progress, print_report);
}

int execute_run(const Options& options, Progress& shown, const ShowRun& show) {
  interrupt_flag();  // from here on signals are answered
  answer_interrupts({.nothing_begun = true});
  Heartbeat progress(shown, asked_line(options));
  StartedRun run = start_run(options, progress);
  progress.begin(run.store->path(), run.record.id);  // whoever reads how to watch it can
  for (const std::string& line : run_header(run)) progress.note(line);
  RunComputation computation(run, progress);
  // Who stops a run waits for no proof; a run that was to have one is gone on with.
  const bool proof = run.options.run.verify > 0 || run.oracle;
  const bool complete = computation.compute() && !(proof && interrupt_flag());
  if (complete && run.options.run.verify > 0) verify(run, computation, progress);
  progress.update("", 0, 0);
  progress.end();
  end_run(run, complete);
  const Report report = write_results(run, shown);
  if (!complete) return tell_interrupted(run, computation);
  write_lm_eval_results(run, report, progress);
  show(run, report);
  return run.oracle ? verify_against(run, computation) : kDone;
}

}  // namespace flm
