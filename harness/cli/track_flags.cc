// The flags of `flmeval track` alone (flags.h).
#include <CLI/CLI.hpp>

#include "harness/cli/flag_checks.h"
#include "harness/cli/flags.h"

namespace flm {
namespace {

void add_watch_flags(CLI::App& app, TrackFlags& f) {
  begin_heading(app, "Watch");
  CLI::Option* watch = app.add_flag(
      "--watch", f.watch, "Wait for further checkpoints, and score each once it is whole");
  app.add_option(
         "--settle", f.settle,
         "Seconds that no file of a checkpoint changed before it is taken (at once where the "
         "trainer's own marker says that it is whole)")
      ->type_name("SECONDS")
      ->default_str("30")
      ->check(zero_or_more())
      ->needs(watch);
  app.add_option("--order", f.order, "Which comes first")
      ->check(CLI::IsMember({"oldest", "newest"}))
      ->default_str("oldest");
  app.add_flag("--keep-up,--keep_up", f.keep_up,
               "Only the newest of those that wait; the others are noted as skipped")
      ->needs(watch);
  app.add_option("--until", f.until,
                 "End once this step is scored, or idle:MINUTES after the last news")
      ->type_name("STEP")
      ->check(some_text())
      ->needs(watch);
}

void add_curve_flags(CLI::App& app, TrackFlags& f) {
  begin_heading(app, "Curves");
  app.add_option("--by", f.by, "Coordinates of a sweep, as hidden,lr: a table of the best of each")
      ->type_name("KEYS")
      ->delimiter(',');
  app.add_option("--extrapolate", f.extrapolate, "Also a fitted curve to this place on the axis")
      ->type_name("X")
      ->check(above_zero());
  app.add_option("--smooth", f.smooth, "Also a mean over a window of this width on the axis")
      ->type_name("X")
      ->check(above_zero());
  app.add_option("--tensorboard", f.tensorboard, "Also event files for TensorBoard below DIR")
      ->type_name("DIR");
}

}  // namespace

void add_track_flags(CLI::App& app, Options& o) {
  TrackFlags& f = o.track;
  begin_heading(app, "Series");
  app.add_option("--series", f.series,
                 "[NAME=]GLOB of checkpoints in quotes, a trainer's root, or a folder of "
                 "checkpoints; may be given again")
      ->type_name("SERIES")
      ->required()
      ->allow_extra_args(false);
  app.add_option("--log", f.logs,
                 "The trainer's logs: stdout, TensorBoard, JSONL, CSV, trainer_state.json; with "
                 "several series SERIES=FILE")
      ->type_name("FILE");
  app.add_option("--loss-key,--loss_key", f.loss_key, "The loss in a log that has several")
      ->type_name("KEY");
  app.add_option("--x", f.axis, "The axis")
      ->check(CLI::IsMember({"steps", "tokens", "flops", "time"}))
      ->default_str("steps");
  app.add_option("--tokens-per-step,--tokens_per_step", f.tokens_per_step,
                 "Where nothing else says the tokens of a step (marked as assumed)")
      ->type_name("N")
      ->check(above_zero());
  add_curve_flags(app, f);
  add_watch_flags(app, f);
  add_store_flag(app, o.run);
  app.add_option("--output", o.run.output, "Folder of the curves")
      ->type_name("DIR")
      ->default_str("runs/track-NAME");
  app.add_option("--name", o.run.name, "The name of the series")
      ->type_name("NAME")
      ->default_str("as --series is typed");
  begin_heading(app, "Generated code");
  add_unsafe_flag(app, o.run);
  app.add_option("words", o.operands)->group("");  // of a glob without quotes
  add_json_flag(app, o, "The curves as one JSON document");
}

}  // namespace flm
