#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands/commands.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/terminal/jsonl.h"

namespace flm {

int command_model(const Options& options, Progress& progress) {
  const bool verify = options.action == "verify";
  if (options.action.empty()) throw UserError("give model show DIR or model verify DIR");
  if (options.operands.size() != 1) throw UserError("model " + options.action + " wants one DIR");
  if (!options.against.empty() && !verify)
    throw UserError("--against goes with model verify: " + options.against);
  const std::string& model = options.operands[0];
  const ModelFlags& flags = options.model;
  const Json report =
      options.against.empty()
          ? inspect_checkpoint(model, verify, progress, flags.model_config, flags.weights)
          : compare_checkpoints(model, options.against, progress, flags.model_config,
                                flags.weights);
  print_line(options.json ? compact_json(report) : report.dump(2));
  const std::string state = report.value("state", "complete");
  if (state != "complete") {
    progress.note(state + ": " + report.value("reason", ""));
    return state == "refused" ? kUserError : kCheckSaidNo;
  }
  if (!verify) return kDone;
  if (report.contains("changed_since_last_check"))
    progress.note("not what it was at its last check: " +
                  report["changed_since_last_check"].get<std::string>());
  const bool sound = !report.contains("problems") || report["problems"].empty();
  progress.note(sound ? "sound" : "not sound: " + report["problems"].dump());
  return sound ? kDone : kCheckSaidNo;
}

}  // namespace flm
