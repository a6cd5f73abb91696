#include "harness/cli/flag_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/errors.h"
#include "base/system/environment.h"
#include "base/system/files.h"
#include "base/system/globbed_paths.h"
#include "base/system/places.h"
#include "base/text/joined.h"
#include "base/text/nearest_name.h"
#include "harness/cli/command_table.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

std::string flag_of_key(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

bool is_spelled(const FlagEntry& flag, const std::string& key) {
  const auto same = [&](const std::string& name) { return flag_of_key(name.substr(2)) == key; };
  return same(flag.name) || std::any_of(flag.accepted.begin(), flag.accepted.end(), same);
}

const FlagEntry* find_flag(const CommandEntry& command, const std::string& key) {
  for (const FlagEntry& flag : command.flags)
    if (is_spelled(flag, key)) return &flag;
  return nullptr;
}

bool is_typed(const FlagEntry& flag, const Words& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    if (!flag.brief.empty() && word == flag.brief) return true;
    const std::string name = word.substr(0, word.find('='));
    return name.starts_with("--") && is_spelled(flag, flag_of_key(name.substr(2)));
  });
}

void check_known(const ConfigEntry& entry, const std::vector<CommandEntry>& table) {
  std::set<std::string> names;
  for (const CommandEntry& command : table)
    for (const FlagEntry& flag : command.flags) {
      if (is_spelled(flag, flag_of_key(entry.key))) return;
      names.insert(flag.name.substr(2));
    }
  const std::string near = nearest_name(entry.key, {names.begin(), names.end()});
  throw UserError(entry.place + " is no flag" +
                  (near.empty() ? "; see flmeval help COMMAND" : "; did you mean " + near + "?") +
                  " (found: " + entry.key + ")");
}

bool is_off(const YamlNode& value) {
  return value.is_null() || (value.kind == YamlNode::Kind::kBool && !value.boolean);
}

std::string plain_value(const ConfigEntry& entry, const YamlNode& value) {
  if (value.is_list() || value.is_map() || value.kind == YamlNode::Kind::kFunction)
    throw UserError(entry.place + " wants a plain value, a mapping or a list of plain values: " +
                    json_text(value, entry.place));
  return value.text;
}

bool leads_somewhere(const std::string& pattern) {
  return is_there(pattern) || !globbed_paths(pattern).empty();
}

/// Where the path of a [NAME=]PATH begins, seen from `folder`. A '=' may stand in a path, too, as
/// in lr=0.01/step_*, or in a name: what is there tells.
std::size_t begin_of_path(const std::string& folder, const std::string& value) {
  const auto leads = [&](std::size_t at) {
    return at < value.size() && leads_somewhere((fs::path(folder) / value.substr(at)).string());
  };
  const std::size_t equals = value.find('='), slash = value.find('/');
  if (equals == 0 || equals == std::string::npos || leads(0)) return 0;
  for (std::size_t at = equals; at != std::string::npos; at = value.find('=', at + 1))
    if (leads(at + 1)) return at + 1;
  const bool in_a_folder = leads_somewhere((fs::path(folder) / value.substr(0, slash)).string());
  return equals < slash && !in_a_folder ? equals + 1 : 0;
}

/// --samples takes it in place of a file.
bool is_json(const std::string& value) { return value.starts_with("{"); }

bool is_relative(const std::string& path) {
  return !path.empty() && path != "-" && !is_json(path) && path[0] != '/' && path[0] != '~';
}

/// Of NAME=PATH.
bool may_be_named(const FlagEntry& flag) { return flag.value == "SERIES" || flag.name == "--log"; }

bool is_path(const FlagEntry& flag) {
  return may_be_named(flag) || flag.value == "DIR" || flag.value == "FILE";
}

/// A path or a name.
bool may_be_path(const FlagEntry& flag) { return flag.value == "MODEL" || flag.value == "TASKS"; }

/// A path is one from the file's folder ("" = here); what may be a name, too, where it is there.
std::string value_from(const std::string& folder, const FlagEntry& flag, const std::string& text) {
  const bool of_path = is_path(flag) || may_be_path(flag);
  const std::string value = of_path && !is_json(text) ? expand_variables(expand_user(text)) : text;
  const std::size_t begin =
      may_be_named(flag) && !folder.empty() ? begin_of_path(folder, value) : 0;
  const std::string path = value.substr(begin);
  if (folder.empty() || !is_relative(path)) return value;
  const std::string there = (fs::path(folder) / path).lexically_normal().string();
  return is_path(flag) || (may_be_path(flag) && is_there(there)) ? value.substr(0, begin) + there
                                                                 : value;
}

/// Where the path of --NAME=PATH or --NAME=NAME=PATH begins with `~`; npos where none does.
std::size_t place_of_home(const FlagEntry& flag, const std::string& word) {
  const std::size_t begin = word.find('=') + 1;
  if (word.compare(begin, 1, "~") == 0) return begin;
  const std::size_t named = may_be_named(flag) ? word.find("=~/", begin) : std::string::npos;
  return named == std::string::npos ? named : named + 1;
}

void put(const ConfigEntry& entry, const FlagEntry& flag, const std::string& folder, Words& words) {
  const auto text = [&](const YamlNode& value) {
    return value_from(folder, flag, plain_value(entry, value));
  };
  if (flag.value.empty()) {
    if (entry.value.kind != YamlNode::Kind::kBool)
      throw UserError(entry.place + " must be true or false: " + entry.value.text);
    words.push_back(flag.name);
  } else if (entry.value.is_list() && flag.value == "TASKS") {
    words.push_back(flag.name + "=" + joined(entry.value.items, ",", text));
  } else if (entry.value.is_map()) {
    words.push_back(flag.name + "=" + json_text(entry.value, entry.place));
  } else if (entry.value.is_list()) {
    for (const YamlNode& item : entry.value.items) words.push_back(flag.name + "=" + text(item));
  } else {
    words.push_back(flag.name + "=" + text(entry.value));
  }
}

/// Whether a project ends with this folder: nothing above it is looked at.
bool is_outermost(const fs::path& folder) {
  const auto home = environment("HOME");
  std::error_code ignored;
  return fs::exists(folder / ".git", ignored) || (home && fs::equivalent(folder, *home, ignored));
}

/// The folder of the project's file from here outwards; empty where there is none. Above the start
/// only what lies within a repository or the home folder is looked at: the rest is anybody's. A
/// folder that was deleted or may not be entered has none.
fs::path project_folder() {
  std::error_code ignored;
  const fs::path start = fs::current_path(ignored);
  if (start.empty()) return {};
  fs::path found;
  for (fs::path folder = start;; folder = folder.parent_path()) {
    // A link that leads nowhere is one, too: reading it says what is wrong.
    const bool has_one = fs::exists(fs::symlink_status(folder / kProjectFile, ignored));
    if (found.empty() && has_one) found = folder;
    if (is_outermost(folder)) return found;
    if (folder == folder.parent_path()) return found == start ? found : fs::path();
  }
}

}  // namespace

std::vector<std::string> with_flags_of(const std::vector<ConfigEntry>& entries, Words words,
                                       FlagPlaces& places, const std::string& folder) {
  if (entries.empty() || words.empty()) return words;
  const std::vector<CommandEntry> table = command_table();
  const CommandEntry* command = find_command(table, words[0]);
  const Words typed = words;
  for (const ConfigEntry& entry : entries) {
    check_known(entry, table);
    const FlagEntry* flag = command ? find_flag(*command, flag_of_key(entry.key)) : nullptr;
    if (!flag || is_off(entry.value) || is_typed(*flag, typed)) continue;
    const std::size_t before = words.size();
    put(entry, *flag, folder, words);
    note_places(words, before, entry.place, places);
  }
  return words;
}

std::vector<std::string> with_home_folder(Words words) {
  if (words.empty()) return words;
  const std::vector<CommandEntry> table = command_table();
  const CommandEntry* command = find_command(table, words[0]);
  for (std::string& word : words) {
    if (!command || !word.starts_with("--") || word.find('=') == std::string::npos) continue;
    const FlagEntry* flag = find_flag(*command, flag_of_key(word.substr(2, word.find('=') - 2)));
    if (!flag || !(is_path(*flag) || may_be_path(*flag))) continue;
    const std::size_t begin = place_of_home(*flag, word);
    if (begin != std::string::npos) word = word.substr(0, begin) + expand_user(word.substr(begin));
  }
  return words;
}

void drop_those_without_need(std::vector<ConfigEntry>& entries, const Words& words) {
  if (words.empty()) return;
  const std::vector<CommandEntry> table = command_table();
  const CommandEntry* command = find_command(table, words[0]);
  if (!command) return;
  const auto is_given = [&](const std::string& name) {
    const FlagEntry* flag = find_flag(*command, name);
    return flag && (is_typed(*flag, words) ||
                    std::any_of(entries.begin(), entries.end(), [&](const ConfigEntry& entry) {
                      return is_spelled(*flag, flag_of_key(entry.key)) && !is_off(entry.value);
                    }));
  };
  std::vector<ConfigEntry> kept;
  for (const ConfigEntry& entry : entries) {
    const FlagEntry* flag = find_flag(*command, flag_of_key(entry.key));
    if (!flag || std::all_of(flag->needs.begin(), flag->needs.end(), is_given))
      kept.push_back(entry);
  }
  entries = std::move(kept);
}

ProjectFile read_project_file() {
  const fs::path folder = project_folder();
  if (folder.empty()) return {};
  const std::string path = (folder / kProjectFile).string();
  (void)read_regular_file(path);  // nobody named it: the writer of a pipe is not waited for
  if (folder == fs::current_path()) return {kProjectFile, "", read_config_entries(kProjectFile)};
  return {path, folder.string(), read_config_entries(path)};
}

}  // namespace flm
