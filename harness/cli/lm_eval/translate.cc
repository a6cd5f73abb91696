#include "harness/cli/lm_eval/translate.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include "base/errors.h"
#include "base/system/places.h"
#include "harness/cli/lm_eval/config_file.h"
#include "harness/cli/lm_eval/flags.h"

namespace flm {
namespace {

using Words = std::vector<std::string>;

/// "-1" is a number, as argparse sees it.
bool is_flag(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && !std::isdigit(static_cast<unsigned char>(word[1])) &&
         word[1] != '.';
}

/// One word of the line: a flag of lm_eval with what stands in the same word, or neither.
struct ReadWord {
  const LmEvalFlag* flag = nullptr;
  Words values;
};

ReadWord read_word(const std::string& word) {
  if (!is_flag(word)) return {};
  if (word.starts_with("--")) {
    const std::size_t equals = word.find('=');
    ReadWord read{find_lm_eval_flag(word.substr(2, equals - 2)), {}};
    if (equals != std::string::npos) read.values.push_back(word.substr(equals + 1));
    return read;
  }
  ReadWord read{find_brief_lm_eval_flag(word.substr(1, 1)), {}};
  if (word.size() == 2 || !read.flag) return read;
  if (read.flag->values == LmEvalValues::kNone) return {};  // -sw: ours says it is unknown
  read.values.push_back(word.substr(word[2] == '=' ? 3 : 2));
  return read;
}

std::size_t most_values(const LmEvalFlag& flag) {
  return flag.values == LmEvalValues::kNone   ? 0
         : flag.values == LmEvalValues::kSome ? static_cast<std::size_t>(-1)
                                              : 1;
}

/// The flags of lm_eval in `words` from 1 on, in their order; the rest goes to `others`.
std::vector<GivenFlag> read_flags(const Words& words, Words& others) {
  std::vector<GivenFlag> given;
  for (std::size_t i = 1; i < words.size(); ++i) {
    ReadWord read = read_word(words[i]);
    if (!read.flag) {
      others.push_back(words[i]);
      continue;
    }
    // Ours: --log-samples=..., and a switch that is spelled alike, which keeps its place: of
    // several the last one counts.
    if (read.flag->values == LmEvalValues::kNone &&
        (!read.values.empty() || words[i] == read.flag->text)) {
      others.push_back(words[i]);
      continue;
    }
    const bool in_one_word = !read.values.empty();
    while (!in_one_word && read.values.size() < most_values(*read.flag) && i + 1 < words.size() &&
           !is_flag(words[i + 1]))
      read.values.push_back(words[++i]);
    given.push_back({read.flag, std::move(read.values)});
  }
  return given;
}

/// What a run alone does with a configuration that other commands read, too.
bool is_of_runs(const GivenFlag& given) {
  static const Words names = {"output_path", "log_samples", "predict_only",
                              "confirm_run_unsafe_code"};
  return std::find(names.begin(), names.end(), given.flag->name) != names.end();
}

/// What is typed wins over --config, flag by flag.
std::vector<GivenFlag> with_config(const std::string& command, std::vector<GivenFlag> typed,
                                   std::vector<ConfigEntry>& others) {
  const auto config = std::find_if(typed.begin(), typed.end(),
                                   [](const GivenFlag& one) { return one.flag->name == "config"; });
  if (config == typed.end()) return typed;
  if (config->values.empty()) throw UserError("--config wants a YAML file: --config");
  const std::string path = config->values.back();
  typed.erase(config);
  if (!is_file(path)) throw UserError("--config wants a YAML file that is there: " + path);
  LmEvalConfig read = read_lm_eval_config(path);
  others = std::move(read.others);
  std::vector<GivenFlag> all = std::move(read.given);
  if (command != "run") std::erase_if(all, is_of_runs);
  std::erase_if(all, [&](const GivenFlag& one) {
    return std::any_of(typed.begin(), typed.end(),
                       [&](const GivenFlag& other) { return other.flag == one.flag; });
  });
  all.insert(all.end(), typed.begin(), typed.end());
  return all;
}

/// Uses of one flag that may be repeated are one: --tasks a --tasks b.
std::vector<GivenFlag> merged(std::vector<GivenFlag> given) {
  std::vector<GivenFlag> out;
  for (GivenFlag& one : given) {
    const auto old = std::find_if(out.begin(), out.end(),
                                  [&](const GivenFlag& other) { return other.flag == one.flag; });
    if (old == out.end())
      out.push_back(std::move(one));
    else
      old->values.insert(old->values.end(), one.values.begin(), one.values.end());
  }
  return out;
}

bool takes_tasks(const std::string& command) {
  static const Words commands = {"run", "show", "plan", "track"};
  return std::find(commands.begin(), commands.end(), command) != commands.end();
}

/// --model_args alone are those of hf, as there.
void add_default_model(Words& words) {
  const auto given = [&](const std::string& flag) {
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return word.starts_with(flag); });
  };
  if (given("--model-args") && !given("--model=")) words.push_back("--model=hf");
}

/// `validate --tasks a,b` as `tasks validate a b`.
Words tasks_to_validate(const Words& words) {
  if (words.size() == 1)
    throw UserError(
        "validate wants --tasks NAME,FILE; flmeval tasks validate NAME FILE does the "
        "same: validate");
  Words out = {"tasks", "validate"}, others;
  for (const GivenFlag& one : read_flags(words, others)) {
    LmEvalOutput taken;
    one.flag->take(*one.flag, one.values, taken);
    for (std::string& word : taken.words) {
      if (one.flag->name != "tasks") {
        out.push_back(std::move(word));
        continue;
      }
      std::istringstream names(word.substr(word.find('=') + 1));
      for (std::string name; std::getline(names, name, ',');) out.push_back(name);
    }
  }
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

/// `ls tasks` as `tasks list`, which says the kind of each name, and the others as those of a kind.
Words tasks_to_list(const Words& words) {
  static const std::map<std::string, std::string> kinds = {
      {"tasks", ""}, {"groups", "group"}, {"subtasks", "task"}, {"tags", "tag"}};
  const bool named = words.size() > 1 && !is_flag(words[1]);
  const auto kind = named ? kinds.find(words[1]) : kinds.find("tasks");
  if (kind == kinds.end())
    throw UserError("ls lists tasks, groups, subtasks or tags; flmeval tasks list does the same: " +
                    words[1]);
  Words out = {"tasks", "list"};
  if (!kind->second.empty()) out.push_back("--kind=" + kind->second);
  out.insert(out.end(), words.begin() + (named ? 2 : 1), words.end());
  return out;
}

/// lm_eval's own words for what other commands do here.
void rename_command(Words& words) {
  if (!words.empty() && (words[0] == "lm_eval" || words[0] == "lm-eval"))
    words.erase(words.begin());
  if (!words.empty() && is_flag(words[0]) && words[0] != "--help" && words[0] != "-h" &&
      words[0] != "--version" && words[0] != "-V")
    words.insert(words.begin(), "run");
  if (!words.empty() && words[0] == "ls") words = tasks_to_list(words);
  if (!words.empty() && words[0] == "validate") words = tasks_to_validate(words);
}

/// What a file gives wrongly is told with its place there.
void take(const GivenFlag& given, LmEvalOutput& out, FlagPlaces& places) {
  const std::size_t before = out.words.size();
  if (given.place.empty()) return given.flag->take(*given.flag, given.values, out);
  try {
    given.flag->take(*given.flag, given.values, out);
  } catch (const UserError& error) {
    throw UserError(given.place + ": " + error.what());
  }
  note_places(out.words, before, given.place, places);
}

/// A line that asks lm_eval for its files of samples gets them as ours are by default, which is
/// said.
std::string note_of_prompts(const Words& words, const std::vector<GivenFlag>& given,
                            const std::vector<ConfigEntry>& others) {
  const auto typed = [&](const std::string& flag) {
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return word.starts_with(flag); });
  };
  const auto is_given = [&](const std::string& name) {
    return std::any_of(given.begin(), given.end(),
                       [&](const GivenFlag& one) { return one.flag->name == name; });
  };
  const bool chosen = typed("--log-prompts") || typed("--log_prompts") ||
                      std::any_of(others.begin(), others.end(), [](const ConfigEntry& entry) {
                        return entry.key == "log_prompts" || entry.key == "log-prompts";
                      });
  const bool asks = is_given("output_path") && !typed("--output-path") &&
                    (is_given("log_samples") || typed("--log-samples"));
  if (words[0] != "run" || chosen || !asks) return "";
  return "--log_samples: of each task the first 3 prompts are written in full, the others as "
         "hashes; --log-prompts full writes them all";
}

}  // namespace

TranslatedLine translate_lm_eval(Words words) {
  rename_command(words);
  TranslatedLine line;
  if (words.empty() || !takes_tasks(words[0])) return {std::move(words), {}, {}};
  line.words.push_back(words[0]);
  Words others;
  LmEvalOutput out;
  const std::vector<GivenFlag> given =
      merged(with_config(words[0], read_flags(words, others), line.others));
  for (const GivenFlag& one : given) take(one, out, line.places);
  if (const std::string note = note_of_prompts(words, given, line.others); !note.empty())
    out.notes.push_back(note);
  add_default_model(out.words);
  line.words.insert(line.words.end(), out.words.begin(), out.words.end());
  line.words.insert(line.words.end(), others.begin(), others.end());
  line.notes = std::move(out.notes);
  line.typed = std::move(out.typed);
  return line;
}

}  // namespace flm
