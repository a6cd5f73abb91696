// The flags of `flmeval track` alone (flags.h).
#include <CLI/CLI.hpp>

#include "harness/cli/flags.h"

namespace flm {
namespace {

void add_watch_flags(CLI::App& app, TrackFlags& f) {
  CLI::Option* watch = app.add_flag(
      "--watch", f.watch, "Wait for further checkpoints, and score each once it is whole");
  app.add_option("--settle", f.settle,
                 "Seconds that no file of a checkpoint changed before it is taken (default: 30; "
                 "at once where the trainer's own marker says that it is whole)")
      ->check(CLI::NonNegativeNumber)
      ->needs(watch);
  app.add_option("--order", f.order, "Which comes first: oldest (default) or newest")
      ->check(CLI::IsMember({"oldest", "newest"}));
  app.add_flag("--keep-up,--keep_up", f.keep_up,
               "Only the newest of those that wait; the others are noted as skipped")
      ->needs(watch);
  app.add_option("--until", f.until,
                 "End once this step is scored, or idle:MINUTES after the last news")
      ->needs(watch);
}

}  // namespace

void add_track_flags(CLI::App& app, Options& o) {
  TrackFlags& f = o.track;
  app.add_option("--series", f.series,
                 "[NAME=]GLOB of checkpoints in quotes, a trainer's root, or a folder of "
                 "checkpoints; may be given again")
      ->required()
      ->allow_extra_args(false);
  app.add_option("--log", f.logs,
                 "The trainer's logs: stdout, TensorBoard, JSONL, CSV, trainer_state.json; with "
                 "several series SERIES=FILE");
  app.add_option("--loss-key,--loss_key", f.loss_key, "The loss in a log that has several");
  app.add_option("--x", f.axis, "The axis: steps (default), tokens, flops or time")
      ->check(CLI::IsMember({"steps", "tokens", "flops", "time"}));
  app.add_option("--tokens-per-step,--tokens_per_step", f.tokens_per_step,
                 "Where nothing else says the tokens of a step (marked as assumed)")
      ->check(CLI::PositiveNumber);
  add_watch_flags(app, f);
  add_grace_flag(app, o.model);
  app.add_option("--by", f.by, "Coordinates of a sweep, as hidden,lr: a table of the best of each")
      ->delimiter(',');
  app.add_option("--extrapolate", f.extrapolate, "Also a fitted curve to this place on the axis")
      ->check(CLI::PositiveNumber);
  app.add_option("--smooth", f.smooth, "Also a mean over a window of this width on the axis")
      ->check(CLI::PositiveNumber);
  app.add_option("--tensorboard", f.tensorboard, "Also event files for TensorBoard below DIR");
  app.add_option("--store", o.run.store, "Run store (default: flmeval.db)");
  app.add_option("--output", o.run.output, "Folder of the curves (default: runs/track-NAME)");
  app.add_option("--name", o.run.name, "The name of the series (default: as --series is typed)");
  add_unsafe_flag(app, o.run);
  app.add_option("words", o.operands)->group("");  // of a glob without quotes
  app.add_flag("--json", o.json, "The curves as one JSON document");
}

}  // namespace flm
