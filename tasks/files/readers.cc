#include "tasks/files/readers.h"

#include "base/errors.h"
#include "base/text/nearest_name.h"

namespace flm {
namespace {

/// Why a function of lm-evaluation-harness has no twin here; "" for most.
std::string why_not_native(const TaskKey& key, const YamlNode& node) {
  static const std::string shuffled =
      "it shuffles with the state that Python's global generator happens to have";
  static const std::string drawn =
      "it draws samples with the state that numpy's global generator happens to have";
  static const std::string tuple = "it gives a tuple, of which the harness makes no prompt";
  static const std::string bert = "its scores come from a BERT model";
  static const std::vector<std::pair<std::string, std::string>> reasons = {
      {"minerva_math/utils.", "it asks SymPy and math_verify which answers are equal"},
      {"leaderboard/math/utils.", "it asks SymPy which answers are equal"},
      {"ifeval/utils.", "it asks nltk and langdetect about the answers"},
      {"ifeval/multilingual/utils.", "it asks nltk and langdetect about the answers"},
      {"gpqa/*/utils.", shuffled},
      {"leaderboard/gpqa/utils.", shuffled},
      {"metabench/process_docs_permute.", shuffled},
      {"arabic_leaderboard_arabic_mt_sciq/utils.", shuffled},
      {"arabic_leaderboard_arabic_mt_sciq_light/utils.", shuffled},
      {"pisa/utils.", "it draws an answer with Python's global generator, or asks another model"},
      {"afrobench/xlsum/*/utils.", drawn},
      {"darija_bench/darija_translation/utils.", bert},
      {"darija_bench/darija_transliteration/utils.", bert},
      {"darija_bench/darija_summarization/utils.", bert},
      {"acpbench/*/acp_utils.", "it runs a PDDL planner"},
      {"masakhapos/*/utils.",
       "the harness makes a number of each document and then wants its lists of tags"},
      {"mafand/prompt_2/*/utils.", tuple},
      {"mafand/prompt_3/*/utils.create_text_prompt_2", tuple},
      {"longbench/metrics.get_qa_f1_zh", "it cuts Chinese into words with jieba"},
      {"longbench/metrics.get_rouge_zh", "it cuts Chinese into words with jieba"},
      {"libra/utils.", "it looks up the base forms of words with pymorphy3"},
      {"longproc/metrics.process_results_pseudo_to_code", "it compiles and runs C++"},
      {"noreval/norsumm/utils.", bert},
      {"cnn_dailymail/utils.", bert},
      {"careqa/utils_open.process_results_gen", bert},
      {"catalan_bench/utils.rouge1", drawn},
      {"french_bench/utils.rouge1", drawn},
      {"galician_bench/utils.rouge1", drawn},
      {"spanish_bench/utils.rouge1", drawn}};
  for (const std::string& known : native_keys(key.file, node.text))
    for (const auto& [module, reason] : reasons)
      if (known.starts_with(module)) return reason;
  return "";
}

}  // namespace

void fail_at(const std::string& where, const std::string& message) {
  throw UserError(where + ": " + message);
}

std::string place_of(const TaskKey& key, const YamlNode& node) {
  return key.file + ":" + std::to_string(node.line > 0 ? node.line : key.value.line);
}

std::string text_of(const TaskKey& key) {
  if (key.value.kind == YamlNode::Kind::kFunction)
    fail_at(key.where(), key.name + " takes no !function: " + key.value.text);
  if (key.value.is_null()) return "";
  if (!key.value.is_string()) fail_at(key.where(), key.name + " must be text");
  return key.value.text;
}

int whole_number(const TaskKey& key, int least) {
  if (key.value.kind != YamlNode::Kind::kInt || key.value.integer < least ||
      key.value.integer > 1'000'000'000) {
    fail_at(key.where(), key.name + " must be a whole number of at least " + std::to_string(least) +
                             ": " + key.value.text);
  }
  return static_cast<int>(key.value.integer);
}

bool truth(const TaskKey& key, const YamlNode& node, const std::string& name) {
  if (node.kind != YamlNode::Kind::kBool)
    fail_at(place_of(key, node), name + " must be true or false: " + node.text);
  return node.boolean;
}

std::vector<std::string> text_list(const TaskKey& key, const YamlNode& node,
                                   const std::string& name) {
  std::vector<std::string> out;
  if (node.is_string()) return {node.text};
  if (!node.is_list()) fail_at(place_of(key, node), name + " must be text or a list of texts");
  for (const YamlNode& item : node.items) {
    if (!item.is_string())
      fail_at(place_of(key, item), name + " must be a list of texts: " + item.text);
    out.push_back(item.text);
  }
  return out;
}

std::string plain_text(const TaskKey& key, const YamlNode& node, const std::string& name) {
  if (node.is_null()) return "";
  if (!node.is_string()) fail_at(place_of(key, node), name + " must be text: " + node.text);
  return node.text;
}

std::vector<YamlNode> list_of(const TaskKey& key) {
  if (key.value.is_null()) return {};
  if (!key.value.is_list()) fail_at(key.where(), key.name + " must be a list: " + key.value.text);
  return key.value.items;
}

PyValue plain_value(const TaskKey& key, const YamlNode& node) {
  try {
    return PyValue::from_yaml(node);
  } catch (const UserError& error) {
    fail_at(place_of(key, node), key.name + ": " + error.what());
  }
}

void refuse_function(const TaskKey& key, const YamlNode& node) {
  const std::string native = native_keys(key.file, node.text).back();
  if (const std::string reason = why_not_native(key, node); !reason.empty())
    fail_at(place_of(key, node), "!function " + node.text + " has no native twin, because " +
                                     reason + "; write the task without Python: " + native);
  fail_at(place_of(key, node),
          "!function " + node.text +
              " is not among the native functions; add one in tasks/native/ or write "
              "the task without Python: " +
              native);
}

void unknown_key(const std::string& where, const std::string& name,
                 const std::vector<std::string>& known) {
  const std::string near = nearest_name(name, known);
  fail_at(where, "unknown key " + name + (near.empty() ? "" : "; did you mean " + near + "?"));
}

const YamlNode& function_of(const TaskKey& key) {
  if (key.value.kind != YamlNode::Kind::kFunction)
    fail_at(key.where(), key.name + " must be !function module.name: " + key.value.text);
  return key.value;
}

}  // namespace flm
