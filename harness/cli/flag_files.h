// Files of flags: a project's .flmeval.yaml, and what --config has beside lm-evaluation-harness's
// keys.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/lm_eval/config_file.h"

namespace flm {

/// Flags that hold for a project.
inline constexpr const char* kProjectFile = ".flmeval.yaml";

/// `words` (a command first) with these flags behind them, where the command has them and they are
/// not typed. A key is a flag without its hyphens, underscores or not; false and null are a flag
/// that is not given; a list gives it several times, a mapping as JSON. Paths are from `folder`; ""
/// = from here; in those `$NAME` is what the environment says. `places` grows by the flags that are
/// added. UserError "FILE:line: KEY ..." for a key that no command has, with the nearest one.
std::vector<std::string> with_flags_of(const std::vector<ConfigEntry>& entries,
                                       std::vector<std::string> words, FlagPlaces& places,
                                       const std::string& folder = "");

/// `~/` at the beginning of a flag's path as the home folder: no shell looks into files of flags,
/// nor behind the '=' of --data=~/sets.
std::vector<std::string> with_home_folder(std::vector<std::string> words);

/// Takes out what a flag that is given nowhere would have to stand beside: `settle` where no
/// --watch is. A project's flags hold for every command, and not all of its calls.
void drop_those_without_need(std::vector<ConfigEntry>& entries,
                             const std::vector<std::string>& words);

struct ProjectFile {
  std::string path;    // as it is named to the user
  std::string folder;  // "" = here
  std::vector<ConfigEntry> entries;
};

/// The project's file: that of the folder where the program is started, or of the nearest one above
/// it within the git repository or the home folder. Nothing in it where there is none.
ProjectFile read_project_file();

}  // namespace flm
