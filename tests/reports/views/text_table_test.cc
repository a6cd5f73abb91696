// Tables on narrow terminals.
#include "reports/views/text_table.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace flm
