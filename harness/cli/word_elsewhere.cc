#include "harness/cli/word_elsewhere.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace flm {
namespace {

struct Elsewhere {
  const char* command;
  const char* flag;
  const char* instead;
};

constexpr std::array kElsewhere = {
    Elsewhere{"track", "--model", "here it is --series 'DIR/step_*'"},
    Elsewhere{"track", "--format", "curves.html, .csv, .json and .md all lie in --output"},
    Elsewhere{"run", "--format", "it is of flmeval report RUN"},
    Elsewhere{"run", "--fewshot", "here it is --num-fewshot"},
    Elsewhere{"run", "--shots", "here it is --num-fewshot"},
    Elsewhere{"run", "--dtype", "here it is --precision"},
    Elsewhere{"score", "--dtype", "here it is --precision"},
    Elsewhere{"generate", "--dtype", "here it is --precision"},
    Elsewhere{"track", "--dtype", "here it is --precision"},
    Elsewhere{"plan", "--dtype", "here it is --precision"},
    Elsewhere{"report", "--output", "it prints: > FILE"},
    Elsewhere{"compare", "--output", "it prints: > FILE"},
    Elsewhere{"gate", "--output", "it prints: > FILE, or --junit FILE"},
    Elsewhere{"gate", "--format", "there are --json, --junit FILE and --github"},
};

bool is_folder(const std::string& word) { return std::filesystem::is_directory(word); }

}  // namespace

std::string in_place_of(const std::string& command, const std::string& flag) {
  for (const Elsewhere& one : kElsewhere)
    if (command == one.command && flag == one.flag) return one.instead;
  return "";
}

std::string flag_of_word(const std::string& command, const std::string& word) {
  if (command == "track") return "--series";
  if (command == "show" && (!is_folder(word) || std::filesystem::exists(word + "/run.json")))
    return "--run";
  if (command == "score" && word.ends_with(".jsonl")) return "--tokens";
  if (command == "generate" && word.ends_with(".jsonl")) return "--prompts";
  return is_folder(word) ? "--model" : "";
}

std::string remedy_for_launcher(const std::vector<std::string>& words) {
  const bool runs_lm_eval =
      std::find_if(words.begin() + 1, words.end(), [](const std::string& word) {
        return word == "lm_eval" || word == "lm-eval" || word == "lm_eval.__main__";
      }) != words.end();
  if (!runs_lm_eval) return "";
  const std::string name = std::filesystem::path(words[0]).filename().string();
  if (name.starts_with("python")) return "drop what stands before lm_eval";
  return "drop what stands before lm_eval; --data-parallel N computes on N devices";
}

}  // namespace flm
