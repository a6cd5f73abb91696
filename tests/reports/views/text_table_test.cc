// Tables on narrow terminals.
#include "reports/views/text_table.h"

#include <gtest/gtest.h>

#include "reports/figures/wrapped_text.h"

namespace flm {
namespace {

TextTable figures() {
  TextTable table;
  table.columns = {{"Task"}, {"n", true, 1}, {"Metric"}, {"Value", true}};
  table.lines = {{"arithmetic", "20", "exact_match (strict)", "0.25"},
                 {"", "", "exact_match", "0.5"},
                 {"  part", "7", "acc", "0.125"}};
  return table;
}

std::string printed(int columns) {
  const TextTable table = figures();
  return render_text_table(table, fitting_columns(table, columns), columns);
}

TEST(TextTable, StandsAsItIsWhereThereIsRoom) {
  EXPECT_EQ(printed(43),
            "Task         n  Metric                Value\n"
            "arithmetic  20  exact_match (strict)   0.25\n"
            "                exact_match             0.5\n"
            "  part       7  acc                   0.125\n");
  EXPECT_EQ(printed(0), printed(43));
}

TEST(TextTable, LeavesAColumnOutBeforeOneStandsApart) {
  EXPECT_EQ(printed(42),
            "Task        Metric                Value\n"
            "arithmetic  exact_match (strict)   0.25\n"
            "            exact_match             0.5\n"
            "  part      acc                   0.125\n");
}

/// With the tasks on lines of their own there is room again for what was left out.
TEST(TextTable, AColumnComesBackWhereTheFirstStandsApart) {
  EXPECT_EQ(printed(38),
            "   n  Metric                Value\n"
            "arithmetic\n"
            "  20  exact_match (strict)   0.25\n"
            "      exact_match             0.5\n"
            "  part\n"
            "   7  acc                   0.125\n");
}

TEST(TextTable, AsManyStandApartAsItTakes) {
  EXPECT_EQ(printed(29),
            "  Metric                Value\n"
            "arithmetic\n"
            "  exact_match (strict)   0.25\n"
            "  exact_match             0.5\n"
            "  part\n"
            "  acc                   0.125\n");
  EXPECT_EQ(printed(28),
            "    Value\n"
            "arithmetic\n"
            "  exact_match (strict)\n"
            "     0.25\n"
            "  exact_match\n"
            "      0.5\n"
            "  part\n"
            "  acc\n"
            "    0.125\n");
}

/// A name is left whole for copying on a page of the usual width, and broken on a narrower one.
TEST(TextTable, ALongNameIsBrokenWhereTheTerminalIsNarrow) {
  TextTable table;
  table.columns = {{"Task"}, {"Value", true}};
  table.lines = {{std::string(90, 'n'), "0.25"}};
  EXPECT_EQ(render_text_table(table, {0, 1}, 80),
            "  Value\n" + std::string(90, 'n') + "\n   0.25\n");
  EXPECT_EQ(render_text_table(table, {0, 1}, 50),
            "  Value\n" + std::string(50, 'n') + "\n" + std::string(40, 'n') + "\n   0.25\n");
}

TEST(Labelled, StandsBesideOrBelowItsLabel) {
  EXPECT_EQ(labelled("data", 8, "a  b", 0), "data    a  b\n");
  EXPECT_EQ(labelled("data", 8, "a  b", 12), "data    a  b\n") << "what fits stays as it is";
  EXPECT_EQ(labelled("data", 8, "one two three four five six", 28),
            "data    one two three four\n        five six\n");
  EXPECT_EQ(labelled("data", 8, "one two three four", 20), "data\n  one two three four\n");
  EXPECT_EQ(labelled("a long label", 8, "one", 0), "a long label one\n");
}

}  // namespace
}  // namespace flm
