#include "harness/run/resume.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text/joined.h"
#include "harness/cli/command_line.h"
#include "harness/model/model_access.h"
#include "harness/run/run_identity.h"
#include "harness/run/stored_paths.h"
#include "harness/run/stored_run.h"
#include "reports/store/run_parts.h"
#include "reports/store/run_state.h"

namespace flm {
namespace {

bool is_of_the_command(const TypedFlag& flag) {
  static const std::vector<std::string> names = {"--resume", "--again", "--overwrite", "--store",
                                                 "--json",   "--quiet", "--color"};
  return std::find(names.begin(), names.end(), flag.name) != names.end();
}

/// Two ways to have generated code judged: the one that is typed takes the place of the other.
bool is_about_code(const TypedFlag& flag) {
  return flag.name == "--code-verdicts" || flag.name == "--export-code";
}

std::vector<TypedFlag> of_the_run(std::vector<TypedFlag> flags) {
  std::erase_if(flags, is_of_the_command);
  return flags;
}

/// "--limit 1 (the run has 3), ...": what was typed otherwise and may move a figure.
std::string other_flags(const std::vector<TypedFlag>& stored, const std::vector<TypedFlag>& typed) {
  std::string out;
  for (const TypedFlag& flag : typed) {
    const TypedFlag* old = find_typed(stored, flag.name);
    if (leaves_fingerprint(flag.name) || (old && *old == flag)) continue;
    out += (out.empty() ? "" : ", ") + flag.name + " " + joined(flag.values, " ") +
           " (the run has " + (old ? joined(old->values, " ") : "none") + ")";
  }
  return out;
}

std::string other_hashes(const RunRecord& stored, const RunRecord& record) {
  std::string out;
  const auto note = [&](const char* what, const std::string& old, const std::string& now) {
    if (old != now) out += (out.empty() ? "" : ", ") + std::string(what);
  };
  note("weights", stored.weights_hash, record.weights_hash);
  note("configuration", model_hashes(stored).config, model_hashes(record).config);
  note("tokenizer", stored.tokenizer_hash, record.tokenizer_hash);
  note("protocol", stored.protocol_hash, record.protocol_hash);
  note("numerics", stored.numerics, record.numerics);
  return out.empty() ? "task files or data, or the version of flmeval" : out;
}

/// The flags of a stored run as seen from here; what is typed wins.
std::vector<TypedFlag> flags_with(const RunRecord& stored, const Options& typed) {
  std::vector<TypedFlag> flags =
      with_paths_from(folder_of(stored), of_the_run(options_of(stored).typed));
  for (const TypedFlag& flag : of_the_run(typed.typed)) {
    std::erase_if(flags, [&](const TypedFlag& old) {
      return old.name == flag.name || (is_about_code(old) && is_about_code(flag));
    });
    flags.push_back(flag);
  }
  return flags;
}

/// The options of these flags, with what is this command's alone.
Options options_with(const std::vector<TypedFlag>& flags, const Options& typed) {
  Options options = parse_stored_arguments(arguments_of(flags));
  options.run.store = typed.run.store;
  options.run.json = typed.run.json;
  options.run.overwrite = typed.run.overwrite;
  options.model.nodes = typed.model.nodes;
  options.lm_eval = typed.lm_eval;
  options.quiet = typed.quiet;
  return options;
}

}  // namespace

std::vector<std::string> stored_arguments(const Options& options) {
  std::vector<TypedFlag> flags = of_the_run(options.typed);
  const std::string root = data_root(options.task);
  if (options.task.data.empty() && !root.empty()) flags.push_back({"--data", {root}});
  if (!options.task.chat_date.empty() && !find_typed(flags, "--chat-date"))
    flags.push_back({"--chat-date", {options.task.chat_date}});
  return arguments_of(flags);
}

Options resumed_options(const RunRecord& stored, const Options& typed) {
  const std::string folder = folder_of(stored);
  std::vector<TypedFlag> flags = flags_with(stored, typed);
  if (!find_typed(flags, "--output") && path_from(folder, "runs") != "runs")
    flags.push_back({"--output", {path_from(folder, "runs/" + stored.id)}});
  Options options = options_with(flags, typed);
  options.run.resume = typed.run.resume;
  return options;
}

Options again_options(const RunRecord& stored, const Options& typed) {
  std::vector<TypedFlag> flags = flags_with(stored, typed);
  if (!find_typed(typed.typed, "--output"))
    std::erase_if(flags, [](const TypedFlag& flag) { return flag.name == "--output"; });
  return options_with(flags, typed);
}

void check_stopped(const RunRecord& stored, const std::optional<HeartbeatRecord>& heartbeat) {
  const std::string process = computing_process(stored, heartbeat);
  if (process.empty()) return;
  throw UserError(
      "--resume: a process still computes run " + stored.id + " (" +
      run_state_text(stored, heartbeat) + "); look: flmeval watch " + stored.id +
      "; wait for it or stop it (host, machine, boot, namespace, pid, start: " + process + ")");
}

void check_unclaimed(const RunRecord& seen, const RunRecord& stored,
                     const std::optional<HeartbeatRecord>& heartbeat) {
  check_stopped(stored, heartbeat);
  if (stored.environment_json == seen.environment_json) return;
  throw UserError("--resume: another process took up run " + seen.id +
                  " meanwhile; see flmeval report, and resume it again where it has stopped");
}

namespace {

/// What was computed for the run so far is part of what it took. A process that was killed could
/// not say what it had computed: that there was one is known.
void keep_costs(const RunRecord& stored, RunRecord& record) {
  if (stored.cost_json.empty()) return;
  const Json before = cost_part(stored);
  Json cost = cost_part(record);
  for (const char* key :
       {"rows_really_computed", "generated_tokens", "seconds", "responses_from_store"})
    if (before.contains(key)) cost[key] = before[key];
  const std::int64_t killed =
      before.value("killed_beginnings", std::int64_t{0}) + (stored.status == "running");
  if (killed > 0) cost["killed_beginnings"] = killed;
  record.cost_json = compact_json(cost);
}

/// What is of the run's beginning, and is not among its flags.
void keep_beginning(const RunRecord& stored, RunRecord& record) {
  const Json before = options_part(stored);
  Json options = options_part(record);
  if (before.contains("git")) options["git"] = before["git"];
  const Json settings = before.value("settings", Json::object());
  for (const char* key : {"batch_size", "seeds"})
    if (settings.contains(key)) options["settings"][key] = settings[key];
  record.options_json = compact_json(options);
}

}  // namespace

void continue_run(const RunRecord& stored, const Options& typed, RunRecord& record) {
  if (stored.fingerprint != record.fingerprint) {
    const std::string folder = folder_of(stored);
    const std::string flags = other_flags(
        with_paths_from(folder, of_the_run(options_of(stored).typed)), of_the_run(typed.typed));
    const bool here = path_from(folder, "x") == "x";
    throw UserError("--resume: this would be another run than " + stored.id +
                    "; start a new one, without --resume, or put back what differs: " +
                    (flags.empty() ? "its " + other_hashes(stored, record) : flags) +
                    (here ? "" : " (paths of the run are taken from " + folder + ")"));
  }
  keep_beginning(stored, record);
  record.id = stored.id;
  record.created = stored.created;
  if (record.name.empty()) record.name = stored.name;
  keep_costs(stored, record);
}

}  // namespace flm
