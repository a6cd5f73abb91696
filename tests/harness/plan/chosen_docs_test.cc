// --samples: which names it may have.
#include "harness/plan/chosen_docs.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/requests/samples_file.h"

namespace flm {
namespace {

std::string message_of(const std::string& samples, const TaskSelection& selection) {
  try {
    check_samples_known(read_samples(samples), selection);
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

TEST(Samples, OfAGroupAreThoseOfItsTasks) {
  TaskOptions options;
  options.tasks = {"mmlu_stem"};
  const TaskSelection selection = load_tasks(options);
  EXPECT_EQ(message_of(R"({"mmlu_anatomy": [0], "mmlu_astronomy": [1]})", selection), "");
  EXPECT_EQ(message_of(R"({"mmlu_stem": [0]})", selection),
            "--samples names a group; give its tasks, as mmlu_abstract_algebra: mmlu_stem");
  EXPECT_EQ(message_of(R"({"mmlu_virology": [0]})", selection),
            "--samples names a task that --tasks does not choose: mmlu_virology");
}

}  // namespace
}  // namespace flm
