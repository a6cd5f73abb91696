// MMLU-ProX: MMLU-Pro in other languages; the Chinese and the English prompts.
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

struct Wording {
  std::string language, question, options, answer, answer_in_data;
};

const std::vector<Wording>& wordings() {
  static const std::vector<Wording> all = {
      {"en", "Question:", "Options:", "Answer: Let's think step by step.",
       "A: Let's think step by step."},
      {"zh", "问题：", "选项：", "答案：让我们一步一步地思考。", "A: 让我们一步一步地思考。"}};
  return all;
}

/// A question with the choices that it has; their letters are those of their columns.
std::string asked(const PyValue& doc, const Wording& words) {
  std::string text =
      words.question + "\n" + text_column(doc, "question") + "\n" + words.options + "\n";
  for (int i = 0; i < 10; ++i) {
    const PyValue& option = column(doc, "option_" + std::to_string(i));
    if (!option.is_none())
      text += std::string(1, static_cast<char>('A' + i)) + ". " + option.str() + "\n";
  }
  return text;
}

}  // namespace

void add_mmlu_prox(NativeFunctions& all) {
  for (const Wording& words : wordings()) {
    const std::string module = "mmlu_prox/" + words.language + "/utils.";
    all.doc_values[module + "doc_to_text"] = [words](const PyValue& doc) {
      return PyValue(asked(doc, words) + words.answer);
    };
    all.doc_values[module + "fewshot_to_text"] = [words](const PyValue& doc) {
      const std::string steps =
          python_replace(text_column(doc, "cot_content"), words.answer_in_data, words.answer);
      return PyValue(asked(doc, words) + steps + "\n\n");
    };
  }
}

}  // namespace flm
