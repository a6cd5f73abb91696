#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/jsonl.h"
#include "harness/commands/commands.h"
#include "harness/model/model_access.h"

namespace flm {

int command_model(const Options& options, Progress& progress) {
  if (options.operands.empty()) throw UserError("give model show DIR or model verify DIR");
  const bool named = options.operands[0] == "show" || options.operands[0] == "verify";
  const bool verify = options.operands[0] == "verify";
  if (options.operands.size() != (named ? 2u : 1u))
    throw UserError("model " + options.operands[0] + " wants one DIR");
  if (!options.against.empty() && !verify)
    throw UserError("--against goes with model verify: " + options.against);
  const std::string& model = options.operands.back();
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
