#include "engine/tokenizer/transformers_notes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/tokenizer/components/metaspace.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/transformers_class.h"

namespace flm {
namespace {

using Steps = std::vector<const Json*>;

// The rules of Qwen2Tokenizer and Qwen3_5Tokenizer.
constexpr std::string_view kQwen2Rule =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen3_5Rule =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// A tokenizer.json and what is asked of it.
struct Asked {
  const Json& file;
  const std::string& path;
  const TokenizerConfig& config;

  Steps steps() const { return json_components(file, "pre_tokenizer", "pretokenizers", path); }
  Steps normalizers() const { return json_components(file, "normalizer", "normalizers", path); }
  bool is(const Json& step, const char* type) const {
    return json_string(step, "type", path) == type;
  }
  bool normalizes_to_nfc_alone() const {
    const Steps all = normalizers();
    return all.size() == 1 && is(*all[0], "NFC");
  }
  bool is_byte_level(const Json& step, bool cuts) const {
    return is(step, "ByteLevel") && json_bool(step, "use_regex", path, true) == cuts;
  }
};

bool has_metaspace_of(RebuildingClass which, const Asked& asked) {
  const Steps steps = asked.steps();
  if (!asked.normalizers().empty() || steps.size() != 1 || !asked.is(*steps[0], "Metaspace"))
    return false;
  const bool legacy = which == RebuildingClass::kLlama && asked.config.legacy.value_or(false);
  const MetaspaceRule rule = parse_metaspace(*steps[0], asked.path);
  const MetaspaceRule::Prepend rebuilt = !asked.config.add_prefix_space.value_or(true)
                                             ? MetaspaceRule::Prepend::kNever
                                         : legacy ? MetaspaceRule::Prepend::kAlways
                                                  : MetaspaceRule::Prepend::kFirst;
  return !rule.split && rule.prepend == rebuilt;
}

bool has_steps_of_gemma(const Asked& asked) {
  const Steps steps = asked.steps();
  return asked.normalizers().size() == 1 && steps.size() == 1 && asked.is(*steps[0], "Split");
}

bool has_byte_level_alone(const Asked& asked) {
  const Steps steps = asked.steps();
  return steps.size() == 1 && asked.is_byte_level(*steps[0], true);
}

bool has_steps_of_cohere(const Asked& asked) {
  const Steps steps = asked.steps();
  return asked.normalizes_to_nfc_alone() && steps.size() == 2 && asked.is(*steps[0], "Digits") &&
         json_bool(*steps[0], "individual_digits", asked.path, false) &&
         asked.is_byte_level(*steps[1], true);
}

bool has_steps_of_qwen(std::string_view rule, const Asked& asked) {
  const Steps steps = asked.steps();
  if (!asked.normalizes_to_nfc_alone() || steps.size() != 2 || !asked.is(*steps[0], "Split") ||
      !asked.is_byte_level(*steps[1], false))
    return false;
  const JsonPattern pattern = json_pattern(*steps[0], asked.path);
  return !pattern.literal && pattern.text == rule &&
         json_string(*steps[0], "behavior", asked.path) == "Isolated" &&
         !json_bool(*steps[0], "invert", asked.path, false) &&
         json_bool(*steps[1], "add_prefix_space", asked.path, true) ==
             asked.config.add_prefix_space.value_or(false);
}

bool has_steps_of(RebuildingClass which, const Asked& asked) {
  const Json* model = json_member(asked.file, "model");
  const bool ignores_merges =
      model && model->is_object() && json_bool(*model, "ignore_merges", asked.path, false);
  if (ignores_merges && which != RebuildingClass::kNone) return false;  // no class asks for it
  switch (which) {
    case RebuildingClass::kNone:
      return true;
    case RebuildingClass::kLlama:
    case RebuildingClass::kCodeLlama:
      return has_metaspace_of(which, asked);
    case RebuildingClass::kGemma:
      return has_steps_of_gemma(asked);
    case RebuildingClass::kGpt2:
    case RebuildingClass::kCodeGen:
      return asked.normalizers().empty() && has_byte_level_alone(asked);
    case RebuildingClass::kGptNeoX:
      return asked.normalizes_to_nfc_alone() && has_byte_level_alone(asked);
    case RebuildingClass::kCohere:
      return has_steps_of_cohere(asked);
    case RebuildingClass::kQwen2:
      return has_steps_of_qwen(kQwen2Rule, asked);
    case RebuildingClass::kQwen3_5:
      return has_steps_of_qwen(kQwen3_5Rule, asked);
  }
  return true;
}

/// Which texts are concerned: a piece tokenizer's steps write blanks, a byte-level one's cut words.
const char* concerned(const Asked& asked) {
  return has_byte_level(asked.file, asked.path)
             ? ", for texts with digits or combining marks among others"
             : ", for texts that begin with a blank or go on behind an added token among others";
}

/// The classes of XLNet put do_lower_case's step in, whatever the file has.
std::string lower_case_note(const Asked& asked) {
  const std::string& name = asked.config.tokenizer_class;
  if (!asked.config.do_lower_case || !name.starts_with("XLNetTokenizer")) return "";
  for (const Json* step : asked.normalizers())
    if (asked.is(*step, "Lowercase")) return "";
  return asked.path + ": transformers 5 puts a Lowercase before this file's steps for " + name +
         ", as do_lower_case asks, and gives other ids; here the file decides";
}

bool is_bpe(const Asked& asked) {
  const Json* model = json_member(asked.file, "model");
  return model && model->is_object() &&
         json_string(*model, "type", asked.path, model->contains("merges") ? "BPE" : "") == "BPE";
}

}  // namespace

bool has_byte_level(const Json& file, const std::string& path) {
  const auto among = [&](const Steps& components) {
    return std::any_of(components.begin(), components.end(), [&](const Json* component) {
      return json_string(*component, "type", path) == "ByteLevel";
    });
  };
  return among(json_components(file, "pre_tokenizer", "pretokenizers", path)) ||
         among(json_components(file, "decoder", "decoders", path));
}

std::vector<std::string> transformers_notes(const Json& file, const std::string& path,
                                            const TokenizerConfig& config) {
  const Asked asked{file, path, config};
  std::vector<std::string> notes;
  const RebuildingClass which = class_in_transformers_5(config, has_byte_level(file, path));
  if (!has_steps_of(which, asked))
    notes.push_back(path + ": transformers 5 puts the steps of " + name_of(which) +
                    " in place of this file's and may give other ids" + concerned(asked) +
                    "; here the file decides, as in transformers 4");
  if (const std::string note = lower_case_note(asked); !note.empty()) notes.push_back(note);
  if (config.clean_up_spaces && !config.clean_up_of_bpe && is_bpe(asked))
    notes.push_back(path + ": " + kCleanUpFollowed);
  return notes;
}

}  // namespace flm
