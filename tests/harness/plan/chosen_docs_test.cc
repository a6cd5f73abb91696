// --samples and --limit: the documents that they choose.
#include "harness/plan/chosen_docs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/requests/samples_file.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using ::testing::ElementsAre;

std::string message_of(const std::string& samples, const TaskSelection& selection) {
  return error_of([&] { check_samples_known(read_samples(samples), selection); });
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

/// lm-evaluation-harness 0.4.13 takes int(math.ceil(documents * limit)).
TEST(Limit, OfAShareIsRoundedUp) {
  TaskOptions options;
  options.tasks = {"mmlu_anatomy"};
  const TaskSelection selection = load_tasks(options);
  const Task& task = *selection.tasks.front();
  ASSERT_EQ(task.doc_count(), 3);  // the built-in rows
  const auto chosen = [&](double limit, const char* samples) {
    TaskFlags flags;
    flags.limit = limit;
    return chosen_docs(task, flags, read_samples(samples));
  };
  EXPECT_THAT(chosen(0.01, "{}"), ElementsAre(0));
  EXPECT_THAT(chosen(0.34, "{}"), ElementsAre(0, 1));
  EXPECT_THAT(chosen(0.9, "{}"), ElementsAre(0, 1, 2));
  EXPECT_THAT(chosen(0, R"({"mmlu_anatomy": [2, 0, 2]})"), ElementsAre(0, 2));
}

}  // namespace
}  // namespace flm
