// What lies in a folder of checkpoints, where not all of it may be read.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "engine/checkpoint_state.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// As a user who is not root, whom no permission stops: "NAME STATE STEP, …".
std::string survey_by_nobody(const std::string& folder) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(1);
    std::string text;
    try {
      for (const CheckpointState& one : survey_checkpoints(folder).checkpoints)
        text += one.name + " " + name_of(one.state) + " " + std::to_string(one.step.value_or(-1)) +
                ", ";
    } catch (const UserError& error) {
      text = error.what();
    }
    _exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string out(4096, '\0');
  out.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(ends[0], out.data(), 4096), 0)));
  ::close(ends[0]);
  waitpid(child, nullptr, 0);
  return out;
}

TEST(Survey, AFolderThatMayNotBeReadKeepsNobodyFromTheOthers) {
  std::string root = (fs::temp_directory_path() / "flm-survey-XXXXXX").string();
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  fs::permissions(root, fs::perms::all);
  for (const char* name : {"step_100", "step_200", "logs"})
    fs::create_directory(fs::path(root) / name);
  std::ofstream(fs::path(root) / "step_200/config.json") << "{}";
  for (const char* name : {"step_100", "logs"})
    fs::permissions(fs::path(root) / name, fs::perms::none);
  EXPECT_EQ(survey_by_nobody(root),
            "logs ignored -1, step_100 refused 100, step_200 incomplete 200, ");
  fs::remove_all(root);
}

}  // namespace
}  // namespace flm
