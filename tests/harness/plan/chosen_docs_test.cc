// --samples: which names it may have.
#include "harness/plan/chosen_docs.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/requests/samples_file.h"
#include "tests/error_of.h"

namespace flm {
namespace {

std::string message_of(const std::string& samples, const TaskSelection& selection) {
  return error_of([&] { check_samples_known(read_samples(samples), selection); });
}

TEST(Samples, OfAGroupAreThoseOfItsTasks) {
  TaskOptions options;
  options.tasks = {"mmlu_stem"};
  const TaskSelection selection = load_tasks(options);
  EXPECT_EQ(message_of(R"({"mmlu_anatomy": [0], "mmlu_astronomy": [1]})", selection), "no error");
  EXPECT_EQ(message_of(R"({"mmlu_stem": [0]})", selection),
            "--samples names a group; give its tasks, as mmlu_abstract_algebra: mmlu_stem");
  EXPECT_EQ(message_of(R"({"mmlu_virology": [0]})", selection),
            "--samples names a task that --tasks does not choose: mmlu_virology");
}

TEST(Limit, OfMoreThanThereAreIsAllOfThem) {
  TaskOptions options;
  options.tasks = {"mmlu_anatomy"};
  const TaskSelection selection = load_tasks(options);
  const Task& task = *selection.tasks.front();
  const auto taken = [&](double limit) {
    TaskFlags flags;
    flags.limit = limit;
    return chosen_docs(task, flags, Json::object()).size();
  };
  const std::size_t all = taken(0);
  ASSERT_GT(all, 2u);
  EXPECT_EQ(taken(1e30), all);
  EXPECT_EQ(taken(static_cast<double>(all)), all);
  EXPECT_EQ(taken(static_cast<double>(all) - 1), all - 1);
}

}  // namespace
}  // namespace flm
