#include "tasks/metrics.h"
#include "tasks/native/families.h"
#include "tasks/python_regex.h"
#include "tasks/python_text.h"

namespace flm {
namespace {

const std::string& page(const PyValue& doc) {
  const PyValue* found = doc.dict().find("page");
  if (!found || !found->is_string()) throw UserError("a WikiText row wants the text column page");
  return found->as_string();
}

/// Undoes WikiText's tokenisation: an ordered list of replacements, in the harness's order.
PyValue detokenized(const PyValue& doc) {
  std::string text = page(doc);
  const auto replace = [&](const char* old, const char* with) {
    text = python_replace(text, old, with);
  };
  const auto tighten = [&](const char* pattern, const char* with) {
    text = PythonRegex::compile(pattern).sub(with, text);
  };
  replace("s '", "s'");
  tighten("/' [0-9]/", "/'[0-9]/");
  replace(" @-@ ", "-");
  replace(" @,@ ", ",");
  replace(" @.@ ", ".");
  for (const char* mark : {":", ";", ".", "!", "?", ","}) {
    const std::string spaced = std::string(" ") + mark + " ", tight = std::string(mark) + " ";
    replace(spaced.c_str(), tight.c_str());
  }
  tighten(R"(\(\s*([^\)]*?)\s*\))", R"((\1))");
  tighten(R"(\[\s*([^\]]*?)\s*\])", R"([\1])");
  tighten(R"({\s*([^}]*?)\s*})", R"({\1})");
  tighten("\"\\s*([^\"]*?)\\s*\"", "\"\\1\"");
  tighten(R"('\s*([^']*?)\s*')", R"('\1')");
  replace("= = = =", "====");
  replace("= = =", "===");
  replace("= =", "==");
  replace(" \u00b0 ", "\u00b0");
  replace(" \n", "\n");
  replace("\n ", "\n");
  replace(" N ", " 1 ");
  replace(" 's", "'s");
  return PyValue(text);
}

/// Words and bytes are those of the page before detokenisation.
MetricValues perplexities(const PyValue& doc, const NativeResults& results) {
  MetricValues values;
  for (const char* metric : {"word_perplexity", "byte_perplexity", "bits_per_byte"})
    values.emplace_back(metric, rolling_value(metric, page(doc), results.answers[0]));
  return values;
}

}  // namespace

void add_wikitext(NativeFunctions& all) {
  all.doc_values["wikitext/preprocess_wikitext.wikitext_detokenizer"] = detokenized;
  all.process_results["wikitext/preprocess_wikitext.process_results"] = perplexities;
}

}  // namespace flm
