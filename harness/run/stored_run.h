// A RUN of the command line: a stored run's id, name or output folder.
#pragma once

#include <memory>
#include <string>

#include "harness/cli/options.h"
#include "reports/store/store.h"

namespace flm {

struct StoredRun {
  std::unique_ptr<Store> store;
  std::string store_path;
  RunRecord record;
  std::string folder;  // the output folder that named it; "" where its id or name did
};

/// To go on with the run, or only to read it (Store::open_to_read).
enum class RunUse { kRead, kGoOn };

/// A folder written by --output names its run and store in run.json; anything else is the id, the
/// beginning of an id or the name of a run in the store, also where a folder of that name holds no
/// run: checkpoints and the runs that score them are often called alike. UserError where there is
/// none.
StoredRun open_stored_run(const std::string& run, const std::string& store_path,
                          RunUse use = RunUse::kRead);

/// The folder where the run was started; "" in records of older programs.
std::string folder_of(const RunRecord& run);

/// The options that the run was started with.
Options options_of(const RunRecord& run);

}  // namespace flm
