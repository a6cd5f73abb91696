#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

std::size_t blank(const std::string& sentence) {
  const std::size_t at = sentence.find('_');
  if (at == std::string::npos) throw UserError("a WinoGrande sentence has no blank _: " + sentence);
  return at;
}

PyValue gold(const PyValue& doc) {
  const std::string& answer = text_column(doc, "answer");
  if (answer != "1" && answer != "2")
    throw UserError("a WinoGrande answer must be 1 or 2: " + answer);
  return PyValue(answer == "1" ? 0 : 1);
}

PyValue continuation(const PyValue& doc) {
  const std::string& sentence = text_column(doc, "sentence");
  return PyValue(python_strip(sentence.substr(blank(sentence) + 1)));
}

PyValue contexts(const PyValue& doc) {
  const std::string& sentence = text_column(doc, "sentence");
  const std::string before = sentence.substr(0, blank(sentence));
  return PyValue(
      PyList{before + text_column(doc, "option1"), before + text_column(doc, "option2")});
}

}  // namespace

void add_winogrande(NativeFunctions& all) {
  for (const char* start :
       {"winogrande/preprocess_winogrande.", "xwinograd/utils.", "aradice/winogrande/utils.",
        "tinyBenchmarks/utils_winogrande.", "metabench/process_docs.winogrande_",
        "icelandic_winogrande/preprocess_winogrande."}) {
    const std::string name = start;
    all.doc_values[name + "doc_to_text"] = gold;
    all.doc_values[name + "doc_to_target"] = continuation;
    all.doc_values[name + "doc_to_choice"] = contexts;
  }
  all.doc_values["icelandic_winogrande/preprocess_winogrande.doc_to_target"] =
      [](const PyValue& doc) {
        const PyValue rest = continuation(doc);
        return rest == PyValue(".") ? rest : PyValue(" " + rest.str());
      };
}

}  // namespace flm
