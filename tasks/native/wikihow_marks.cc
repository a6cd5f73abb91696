#include "tasks/native/wikihow_marks.h"

#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {

std::string without_wikihow_marks(const std::string& text) {
  static const PythonRegex brackets = PythonRegex::compile("\\[.*?\\]");
  const std::string titled = python_replace(python_strip(text), " [title]", ". ");
  return python_replace(brackets.sub("", titled), "  ", " ");
}

}  // namespace flm
