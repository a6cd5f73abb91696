#include "harness/track/earlier_runs.h"

#include "base/system/process.h"
#include "reports/store/run_state.h"

namespace flm {
namespace {

/// Tells one state of a run from the next: whoever takes a run up writes its process there.
std::string state_of(const std::optional<RunRecord>& run) {
  return run ? run->id + " " + run->status + " " + run->environment_json : "";
}

}  // namespace

EarlierRuns earlier_runs(Store& store, const RunRecord& record) {
  EarlierRuns out;
  for (RunRecord& run : store.runs_of(record.fingerprint)) {
    if (run.name != record.name) continue;
    const std::string process = computing_process(run, store.heartbeat(run.id));
    if (process == this_process())
      out.left_behind.push_back(run.id);
    else if (auto& kind = run.status == "done" ? out.done
                          : process.empty()    ? out.interrupted
                                               : out.elsewhere;
             !kind)
      kind = std::move(run);
  }
  return out;
}

bool claim_unless_changed(Store& store, const RunRecord& record, const EarlierRuns& seen) {
  return store.claim_run(record, [&] {
    const EarlierRuns now = earlier_runs(store, record);
    return state_of(now.done) == state_of(seen.done) &&
           state_of(now.elsewhere) == state_of(seen.elsewhere) &&
           state_of(now.interrupted) == state_of(seen.interrupted);
  });
}

bool is_computed(Store& store, const std::string& id) {
  const std::optional<RunRecord> run = store.run(id);
  return run && !computing_process(*run, store.heartbeat(id)).empty();
}

}  // namespace flm
