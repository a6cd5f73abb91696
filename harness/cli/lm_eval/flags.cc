#include "harness/cli/lm_eval/flags.h"

#include <algorithm>
#include <sstream>

#include "base/errors.h"
#include "base/text/joined.h"

namespace flm {
namespace {

using Values = std::vector<std::string>;

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(trimmed(part));
  return parts;
}

std::string spelling(const LmEvalFlag& flag) { return "--" + flag.name; }

/// A value may begin with a hyphen; an empty one stands alone, or the next word would be taken.
void put(LmEvalOutput& out, const std::string& ours, const std::string& value) {
  if (value.empty())
    out.words.insert(out.words.end(), {ours, value});
  else
    out.words.push_back(ours + "=" + value);
}

void as_ours(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  if (values.empty()) out.words.push_back(flag.text);  // the parser says what lacks
  for (const std::string& value : values) put(out, flag.text, value);
}

/// The last of several wins, as in argparse.
void as_last(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  as_ours(flag, values.empty() ? values : Values{values.back()}, out);
}

void as_switch(const LmEvalFlag& flag, const Values&, LmEvalOutput& out) {
  out.words.push_back(flag.text);
}

void as_list(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  if (values.empty()) return as_ours(flag, values, out);
  Values names;
  for (const std::string& value : values)
    for (const std::string& part : parts_of(value))
      if (!part.empty()) names.push_back(part);
  put(out, flag.text, joined(names, ","));
}

/// --apply_chat_template [NAME]; lm_eval takes False for a name too, and its engine of transformers
/// (HFLM.apply_chat_template) hands no name on.
void as_named_switch(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  out.words.push_back(values.empty() ? flag.text : flag.text + "=" + values.back());
  std::string name = values.empty() ? "true" : values.back();
  std::transform(name.begin(), name.end(), name.begin(), ::tolower);
  if (name.empty() || name == "true") return;
  out.notes.push_back(
      spelling(flag) + " " + values.back() + ": " +
      (name == "false" ? "none is applied; lm_eval takes it for a template's name and applies one"
                       : "a template is taken by its name where the tokenizer has several; "
                         "lm_eval's hf applies the default one whatever the name"));
}

/// "true", "1" and "yes" are yes there, and anything else is no; here what is neither is refused.
void as_choice(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  std::string value = values.empty() ? "true" : values.back();
  std::transform(value.begin(), value.end(), value.begin(), ::tolower);
  const auto is_one_of = [&](std::initializer_list<const char*> words) {
    return std::find(words.begin(), words.end(), value) != words.end();
  };
  if (!is_one_of({"true", "1", "yes", "false", "0", "no"}))
    throw UserError(spelling(flag) + " must be true or false: " + values.back());
  out.words.push_back(flag.text + (is_one_of({"true", "1", "yes"}) ? "=true" : "=false"));
}

bool is_none(const std::string& seed) { return seed == "None" || seed == "none"; }

/// --seed PYTHON,NUMPY,TORCH,FEWSHOT or one for all. Here one seed draws the shots and the samples.
void as_seed(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  if (values.empty()) return as_ours(flag, values, out);
  const std::string& text = values.back();
  std::vector<std::string> seeds = parts_of(text);
  if (seeds.size() == 1) seeds.assign(4, seeds[0]);
  if (seeds.size() == 3) seeds.push_back("1234");
  if (seeds.size() != 4)
    throw UserError("--seed wants one number, or four: python,numpy,torch,fewshot: " + text);
  if (is_none(seeds[3]))
    throw UserError(
        "--seed None would draw other shots in each run; give a number as the last one: " + text);
  const bool one = text.find(',') == std::string::npos;  // --seed of ours says what it wants
  if (!one && std::any_of(seeds.begin(), seeds.end(), [](const std::string& seed) {
        return !is_none(seed) && seed.find_first_not_of("0123456789") != std::string::npos;
      }))
    throw UserError("--seed wants whole numbers, or None for those that are not set: " + text);
  put(out, flag.text, seeds[3]);
  out.typed.seeds = seeds;
  if (seeds[2] != seeds[3])
    out.notes.push_back("--seed " + text + ": " + seeds[3] +
                        ", the last, draws the shots and the sampled answers too");
}

void as_note(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  out.notes.push_back(spelling(flag) + (values.empty() ? "" : " " + joined(values, " ")) + ": " +
                      flag.text);
}

void as_batch_size(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  if (!values.empty()) out.typed.batch_size = values.back();
  as_note(flag, values, out);
}

void as_cache_choice(const LmEvalFlag& flag, const Values& values, LmEvalOutput& out) {
  static const Values known = {"true", "refresh", "delete"};
  if (!values.empty() && std::find(known.begin(), known.end(), values.back()) == known.end())
    throw UserError(spelling(flag) + " must be true, refresh or delete: " + values.back());
  as_note(flag, values, out);
}

void refused(const LmEvalFlag& flag, const Values& values, LmEvalOutput&) {
  throw UserError(spelling(flag) + " is not understood; " + flag.text + ": " +
                  (values.empty() ? spelling(flag) : joined(values, " ")));
}

std::vector<LmEvalFlag> make_flags() {
  using enum LmEvalValues;
  return {
      {"config", "C", kOne, refused, "a configuration cannot name another"},
      {"tasks", "t", kSome, as_list, "--tasks"},
      {"model", "M", kOne, as_ours, "--model"},
      {"model_args", "a", kSome, as_ours, "--model-args"},
      {"apply_chat_template", "", kOptional, as_named_switch, "--apply-chat-template"},
      {"limit", "L", kOne, as_last, "--limit"},
      {"use_cache", "c", kOne, as_note,
       "every answer is kept in --store and used again; no other cache is written"},
      {"num_fewshot", "f", kOne, as_last, "--num-fewshot"},
      {"batch_size", "b", kOne, as_batch_size,
       "no result depends on a batch; what fits is planned (--memory)"},
      {"max_batch_size", "", kOne, as_note,
       "no result depends on a batch; what fits is planned (--memory)"},
      {"device", "", kOne, as_last, "--device"},
      {"gen_kwargs", "", kSome, as_ours, "--gen-kwargs"},
      {"output_path", "o", kOne, as_last, "--output-path"},
      {"log_samples", "s", kNone, as_switch, "--log-samples"},
      {"samples", "E", kOne, as_last, "--samples"},
      {"cache_requests", "", kOptional, as_cache_choice,
       "prompts are rendered in each run, in seconds"},
      {"check_integrity", "", kNone, as_note, "flmeval tasks validate FILE checks task files"},
      {"system_instruction", "", kOne, as_last, "--system-instruction"},
      {"fewshot_as_multiturn", "", kOptional, as_choice, "--fewshot-as-multiturn"},
      {"include_path", "", kOne, as_last, "--include-path"},
      {"verbosity", "v", kOne, as_note, "--quiet leaves out progress and notes"},
      {"write_out", "w", kNone, as_note, "flmeval show --tasks T --limit 3 prints the prompts"},
      {"show_config", "", kNone, as_note,
       "the configurations of the tasks are in results.json, under configs"},
      {"wandb_args", "", kSome, as_note, "nothing is sent anywhere; results.json has the figures"},
      {"wandb_config_args", "", kSome, as_note,
       "nothing is sent anywhere; results.json has the figures"},
      {"trackio_args", "", kSome, as_note,
       "nothing is sent anywhere; results.json has the figures"},
      {"hf_hub_log_args", "", kSome, as_note,
       "nothing is sent anywhere; results.json has the figures"},
      {"predict_only", "x", kNone, as_switch, "--predict-only"},
      {"seed", "", kOne, as_seed, "--seed"},
      {"trust_remote_code", "", kNone, as_note, "no code of a model or data set is ever run"},
      {"confirm_run_unsafe_code", "", kNone, as_switch, "--unsafe-code-execution"},
      {"metadata", "", kSome, refused, "write it into the task file, under metadata"},
  };
}

}  // namespace

const std::vector<LmEvalFlag>& lm_eval_flags() {
  static const std::vector<LmEvalFlag> flags = make_flags();
  return flags;
}

const LmEvalFlag* find_lm_eval_flag(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  for (const LmEvalFlag& flag : lm_eval_flags())
    if (flag.name == name) return &flag;
  return nullptr;
}

const LmEvalFlag* find_brief_lm_eval_flag(const std::string& letter) {
  for (const LmEvalFlag& flag : lm_eval_flags())
    if (!letter.empty() && flag.brief == letter) return &flag;
  return nullptr;
}

}  // namespace flm
