#include "harness/track/series.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "base/errors.h"
#include "harness/track/path_pattern.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

bool has_number(const std::string& name) {
  return name.find_first_of("0123456789") != std::string::npos;
}

/// Collects the checkpoints of one flag.
class Lister {
 public:
  Lister(const SeriesFlag& flag, const std::string& weights) : flag_(flag), weights_(weights) {}

  void list(SeriesListing& out) {
    const std::string place = tidy_path(flag_.place);
    if (is_pattern(place))
      list_pattern(place);
    else
      list_folder(place);
    for (auto& [name, checkpoints] : series_) out.series.push_back({name, std::move(checkpoints)});
    out.notes.insert(out.notes.end(), notes_.begin(), notes_.end());
  }

 private:
  void list_folder(const std::string& place) {
    if (!fs::is_directory(place)) throw UserError("--series: no such folder: " + place);
    CheckpointSurvey survey = survey_series(place, weights_);
    // Of a checkpoint and a link to it (`latest`), the checkpoint counts.
    std::stable_partition(survey.checkpoints.begin(), survey.checkpoints.end(),
                          [](const CheckpointState& one) { return !fs::is_symlink(one.path); });
    for (const CheckpointState& one : survey.checkpoints)
      add(flag_.name.empty() ? place : flag_.name, one);
    if (!survey.note.empty()) notes_.push_back(survey.note);
  }

  void list_pattern(const std::string& pattern) {
    std::vector<std::string> matches = matching_paths(pattern);
    if (matches.empty()) throw UserError("--series matches nothing: " + pattern);
    // Of a checkpoint and a link to it, the checkpoint counts.
    std::stable_partition(matches.begin(), matches.end(),
                          [](const std::string& path) { return !fs::is_symlink(path); });
    const bool several = is_pattern(fs::path(pattern).parent_path().string());
    for (const std::string& path : matches) {
      if (!fs::is_directory(path)) continue;  // markers of trainers lie beside their checkpoints
      add_match(path, several ? fs::path(path).parent_path().string() : pattern, several);
    }
    if (series_.empty() && notes_.empty())
      throw UserError("--series matches files, and wants folders of checkpoints: " + pattern);
  }

  void add_match(const std::string& path, const std::string& series, bool several) {
    CheckpointSurvey survey;
    try {
      survey = survey_series(path, weights_);
    } catch (const UserError& error) {
      if (!fs::exists(path)) return;  // deleted while we looked
      add_without_checkpoint(path, series, several, error.what());
      return;
    }
    for (const CheckpointState& one : survey.checkpoints) {
      const bool root = survey.is_root;
      add(name_of_part(root ? path : series, root || several), one);
    }
    if (!survey.note.empty()) notes_.push_back(survey.note);
  }

  /// A folder that the trainer has just made, or none of its checkpoints.
  void add_without_checkpoint(const std::string& path, const std::string& series, bool several,
                              const std::string& reason) {
    CheckpointState state;
    state.name = fs::path(path).filename().string();
    state.path = path;
    if (is_temporary_name(state.name)) {
      notes_.push_back("passed over, its name says that it is being written: " + path);
      return;
    }
    const bool readable = access(path.c_str(), R_OK | X_OK) == 0;
    state.state = readable ? Completeness::kIncomplete : Completeness::kRefused;
    state.reason = reason;
    if (!has_number(state.name)) {
      notes_.push_back("no checkpoint, passed over: " + path);
      return;
    }
    const std::size_t end = state.name.find_last_of("0123456789");
    const std::size_t begin = state.name.find_last_not_of("0123456789", end) + 1;
    if (end + 1 - begin <= 18) state.step = std::stoll(state.name.substr(begin, end + 1 - begin));
    state.step_from_name = true;
    add(name_of_part(series, several), state);
  }

  /// `place` is one of several series of this flag.
  std::string name_of_part(const std::string& place, bool one_of_several) const {
    if (flag_.name.empty()) return place;
    return one_of_several ? flag_.name + "/" + fs::path(place).filename().string() : flag_.name;
  }

  void add(const std::string& series, CheckpointState state) {
    std::vector<CheckpointState>& checkpoints = series_[series];
    if (state.state == Completeness::kIgnored) {
      notes_.push_back("passed over, " + state.reason + ": " + state.path);
      return;
    }
    if (!paths_.insert(fs::weakly_canonical(state.path).string()).second) {
      notes_.push_back("the same checkpoint as another name of it, passed over: " + state.path);
      return;
    }
    if (!state.step) {
      state.state = Completeness::kRefused;
      state.reason = "neither its contents nor its name say a step; name it like step_400";
    }
    state.path = fs::absolute(state.path).lexically_normal().string();
    checkpoints.push_back(std::move(state));
  }

  const SeriesFlag& flag_;
  const std::string& weights_;
  std::map<std::string, std::vector<CheckpointState>> series_;
  std::set<std::string> paths_;  // canonical
  std::vector<std::string> notes_;
};

/// lr=0.01/step_* is a path where lr=0.01 is there: folders of a sweep are often called so.
bool begins_with_a_folder(const std::string& word) {
  const std::string first = word.substr(0, word.find('/'));
  return fs::exists(first) || (is_pattern(first) && !matching_paths(first).empty());
}

}  // namespace

std::vector<SeriesFlag> series_flags(const std::vector<std::string>& typed,
                                     const std::string& name) {
  std::vector<SeriesFlag> flags;
  std::set<std::string> names;
  for (const std::string& word : typed) {
    SeriesFlag flag{"", word};
    const std::size_t equals = word.find('=');
    const bool named = equals != std::string::npos && equals > 0 && word.find('/') > equals &&
                       !begins_with_a_folder(word);
    if (named) flag = {word.substr(0, equals), word.substr(equals + 1)};
    if (flag.place.empty()) throw UserError("--series wants a folder or a glob: '" + word + "'");
    if (!name.empty() && typed.size() == 1) {
      if (named)
        throw UserError("--series gives the series a name, and so does --name " + name +
                        "; drop one of them: " + word);
      flag.name = name;
    }
    const std::string known_as = flag.name.empty() ? tidy_path(flag.place) : flag.name;
    if (!names.insert(known_as).second)
      throw UserError("--series is given twice; name them apart with NAME=GLOB: " + known_as);
    flags.push_back(std::move(flag));
  }
  return flags;
}

SeriesListing list_series(const std::vector<SeriesFlag>& flags, const std::string& weights) {
  SeriesListing out;
  for (const SeriesFlag& flag : flags) Lister(flag, weights).list(out);
  std::set<std::string> names;
  for (FoundSeries& one : out.series) {
    if (!names.insert(one.name).second)
      throw UserError("two series have one name; name them apart with NAME=GLOB: " + one.name);
    std::sort(one.checkpoints.begin(), one.checkpoints.end(),
              [](const CheckpointState& a, const CheckpointState& b) {
                return std::tie(a.step, a.name) < std::tie(b.step, b.name);
              });
  }
  return out;
}

}  // namespace flm
