// The prompts of InfiniteBench that are not templates.
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// "A. x" to "D. x", a line each; empty where there are fewer options.
std::string four_option_lines(const PyValue& doc) {
  const PyValue* found = doc.is_dict() ? doc.dict().find("options") : nullptr;
  if (found && !found->is_list()) throw UserError("the column options must be a list");
  const PyList options = found ? found->items() : PyList();
  std::string lines;
  for (std::size_t i = 0; i < 4; ++i) {
    lines += i == 0 ? "" : "\n";
    lines += std::string(1, static_cast<char>('A' + i)) + ". ";
    if (i < options.size()) lines += options[i].str();
  }
  return lines;
}

PyValue code_run_prompt(const PyValue& doc) {
  static const PythonRegex call = PythonRegex::compile(R"((func_[0-9]+)\(\-?[0-9]+\))");
  const std::string& input = text_column(doc, "input");
  const auto found = call.search(input);
  const std::string function = found ? *found->groups[1] : "the function",
                    called = found ? *found->groups[0] : python_strip(input);
  return "Following is a set of Python functions. There is a function called named " + function +
         ".\n\n" + column(doc, "context").str() +
         "\n\nPlease give me the exact number of the return value of " + called +
         ". Be concise. Your response must end with the final returned value.";
}

PyValue code_debug_prompt(const PyValue& doc) {
  return "There is ONLY ONE function in the large project that is deliberately made to include an "
         "obvious error. Please find the function that contains the most obvious errors. I will "
         "give you four options to narrow your scope. You can inspect the options and think. "
         "Eventually, tell me the answer using one single letter (A, B, C, or D).\n\n" +
         column(doc, "context").str() + "\n\nWhich funtion has deliberate error?\n" +
         four_option_lines(doc) +
         "\n\nYou should first find the functions in the options. Repeat their content, inspect "
         "through code, and at last give me your answer for the function that has the deliberate "
         "and obvious error in A, B, C, or D.";
}

PyValue book_choice_prompt(const PyValue& doc) {
  return "Read the book and answer the question.\n\n" + column(doc, "context").str() +
         "\n\nQuestion: " + column(doc, "input").str() +
         "\n\nOnly one of the following options is correct, tell me the answer using one single "
         "letter (A, B, C, or D). Don't say anything else.\n" +
         four_option_lines(doc);
}

PyValue dialogue_prompt(const PyValue& doc) {
  return "Below is a dialogue script where one random occurrence of a character name is replaced "
         "with \"$$MASK$$\", and you should try to guess who that character is.\n\n"
         "The dialogue:\n\n---\n\n" +
         column(doc, "context").str() +
         "\n\n---\n\nEnd of dialogue.\n\nWhich character is most likely \"$$MASK$$\"? Just say the "
         "name used by the scriptwriter (before the colon marks) of one single character and "
         "nothing else.";
}

/// "The second largest number of ..." asks for the second largest number.
PyValue math_find_prompt(const PyValue& doc) {
  static const PythonRegex asked = PythonRegex::compile("The .+ of");
  const std::string& input = text_column(doc, "input");
  const auto found = asked.search(input);
  const std::string prefix = found ? "What is " +
                                         python_substring(python_lower(*found->groups[0]), 0, -3) +
                                         " in the following list?"
                                   : input;
  return prefix + "\n\n" + column(doc, "context").str() + "\n\n" + input;
}

}  // namespace

void add_infinitebench_prompts(NativeFunctions& all) {
  const std::string text = "infinitebench/utils.doc_to_text_";
  all.doc_values[text + "code_run"] = code_run_prompt;
  all.doc_values[text + "code_debug"] = code_debug_prompt;
  all.doc_values[text + "longbook_choice"] = book_choice_prompt;
  all.doc_values[text + "longdialogue"] = dialogue_prompt;
  all.doc_values[text + "math_find"] = math_find_prompt;
}

}  // namespace flm
