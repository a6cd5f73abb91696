// Messages stand in the records of items: they are UTF-8 wherever they cut what they quote.
#include <gtest/gtest.h>

#include <string>

#include "base/text/utf8.h"
#include "tasks/python/format.h"
#include "tasks/python/methods.h"
#include "tasks/python/value.h"
#include "tests/error_of.h"

namespace flm {
namespace {

TEST(PythonMessages, CutALongValueBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xE4\xB8\xAD";
  for (int ascii = 0; ascii < 3; ++ascii, text.insert(0, "a")) {
    const std::string message = error_of([&] { PyValue(text).items(); });
    EXPECT_TRUE(message.starts_with("must be a list, not str: 'a") ||
                message.starts_with("must be a list, not str: '\xE4"))
        << message;
    EXPECT_TRUE(utf8_valid(message)) << message;
  }
}

// CPython 3.11: '%Ã©' % 1 raises ValueError: unsupported format character 'Ã©' ...
TEST(PythonMessages, NameAWholeCharacter) {
  EXPECT_EQ(error_of([] { python_percent_format("%\xC3\xA9", PyValue(1)); }),
            "unsupported format character '\xC3\xA9'");
}

/// `{% if q.encode is defined %}` must not take the other way.
TEST(PythonMessages, WhatPythonHasAndTemplatesHaveNotIsNoUndefinedName) {
  struct Unlimited : PyWorkMeter {
    void charge(std::size_t) override {}
  } meter;
  for (const auto& [object, name] :
       std::vector<std::pair<PyValue, std::string>>{{"x", "encode"},
                                                    {"x", "translate"},
                                                    {1, "bit_length"},
                                                    {1.5, "hex"},
                                                    {PyDict(), "fromkeys"}})
    EXPECT_EQ(error_of([&, &o = object, &n = name] { (void)python_method(meter, o, n); }),
              "Python's " + object.type_name() + "." + name + " is not known to templates here");
  EXPECT_FALSE(python_method(meter, "x", "nothing").has_value());
}

}  // namespace
}  // namespace flm
