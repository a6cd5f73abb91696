// Files that a task names itself; the expectations are what `datasets` 5.2 gave for the same bytes.
#include "datasets/formats/data_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/errors.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/data_formats.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string rows_of(const std::string& bytes, const std::string& format,
                    const std::string& kwargs = "{}") {
  const auto rows = find_data_format(format)->table(bytes, Json::parse(kwargs), "FILE", nullptr);
  std::string out;
  for (const Json& row : rows) out += row.dump() + "\n";
  return out;
}

TEST(DataTable, CsvCellsAreTypedByColumn) {
  EXPECT_EQ(
      rows_of("q,a,n,f,b,m\nhi,1,NA,1.5,True,\n\"a,b\",2,,2,False,x\n\"q\",3,nan,3,True,null\n",
              "csv"),
      "{\"q\":\"hi\",\"a\":1,\"n\":null,\"f\":1.5,\"b\":true,\"m\":null}\n"
      "{\"q\":\"a,b\",\"a\":2,\"n\":null,\"f\":2.0,\"b\":false,\"m\":\"x\"}\n"
      "{\"q\":\"q\",\"a\":3,\"n\":null,\"f\":3.0,\"b\":true,\"m\":null}\n");
  EXPECT_EQ(rows_of("q,a\n2020-01-02,1e3\n02,2\n", "csv"),
            "{\"q\":\"2020-01-02\",\"a\":1000.0}\n{\"q\":\"02\",\"a\":2.0}\n");
  EXPECT_EQ(rows_of("a\n1\nNA\n", "csv"), "{\"a\":1.0}\n{\"a\":null}\n");
}

/// What pandas 3.1.1 (and 2) makes of a column, as the datasets library has it then.
TEST(DataTable, LargeWholeNumbersOfCsv) {
  const auto column = [](const std::string& cells) {
    Json values = Json::array();
    std::istringstream rows(rows_of("a\n" + cells, "csv"));
    for (std::string row; std::getline(rows, row);) values.push_back(Json::parse(row)["a"]);
    return values.dump();
  };
  EXPECT_EQ(column("18446744073709551615\n1\n+9223372036854775808\n"),
            "[18446744073709551615,1,9223372036854775808]");
  EXPECT_EQ(column("9223372036854775808\nNA\n"), R"(["9223372036854775808","NA"])");
  EXPECT_EQ(column("-1\n9223372036854775808\n"), R"(["-1","9223372036854775808"])");
  EXPECT_EQ(column("9223372036854775808\n-inf\n"), R"(["9223372036854775808","-inf"])");
  EXPECT_EQ(column("9223372036854775808\n1.5\n"), "[9.223372036854776e+18,1.5]");
  EXPECT_EQ(column("9223372036854775808\nx\nNA\n"), R"(["9223372036854775808","x",null])");
  EXPECT_EQ(column("18446744073709551616\nNA\n1.5\n"), R"(["18446744073709551616","NA","1.5"])");
  EXPECT_EQ(column("1.5\nNA\n18446744073709551616\n"), "[1.5,null,1.8446744073709552e+19]");
  EXPECT_EQ(column("-9223372036854775809\n1.5\n"), "[-9.223372036854776e+18,1.5]");
  EXPECT_EQ(column("1\n1e-400\n"), "[1.0,0.0]");
  EXPECT_EQ(column("1.5\nnan \n"), R"(["1.5","nan "])");
  EXPECT_THAT(error_of([&] { column("18446744073709551616\nNA\n"); }),
              AllOf(HasSubstr("FILE: whole numbers beyond 64 bits"), HasSubstr("column: a")));
  EXPECT_THROW(column("-9223372036854775809\n1\n"), UserError);
}

TEST(DataTable, LinesOfBlanksAreNoRowsOfCsv) {
  EXPECT_EQ(rows_of(" \na,b\n1,x\n \t \n 2,y\n  ", "csv"),
            "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n");
  EXPECT_EQ(rows_of("a\n\" \"\n \n", "csv"), "{\"a\":\" \"}\n");
  EXPECT_EQ(rows_of("a\tb\n1\t2\n \t \n", "csv", R"({"sep": "\t"})"),
            "{\"a\":\"1\",\"b\":\"2\"}\n{\"a\":\" \",\"b\":\" \"}\n");
}

TEST(DataTable, CsvTakesSeparatorAndNames) {
  EXPECT_EQ(rows_of("q\ta\n 1\t x\n02\ty \n", "csv", R"({"sep": "\t"})"),
            "{\"q\":1,\"a\":\" x\"}\n{\"q\":2,\"a\":\"y \"}\n");
  EXPECT_EQ(rows_of("1,x\n2,y\n", "csv", R"({"column_names": ["q", "a"]})"),
            "{\"q\":1,\"a\":\"x\"}\n{\"q\":2,\"a\":\"y\"}\n");
}

TEST(DataTable, TextEndsLinesAsPythonDoes) {
  EXPECT_EQ(rows_of("one\ntwo  \n\nfour\r\nfive", "text"),
            "{\"text\":\"one\"}\n{\"text\":\"two  \"}\n{\"text\":\"\"}\n{\"text\":\"four\"}\n"
            "{\"text\":\"five\"}\n");
  EXPECT_EQ(rows_of("one\ntwo\n\nfour\n", "text", R"({"sample_by": "paragraph"})"),
            "{\"text\":\"one\\ntwo\"}\n{\"text\":\"four\\n\"}\n");
  EXPECT_EQ(rows_of("one\n\n", "text", R"({"sample_by": "document"})"),
            "{\"text\":\"one\\n\\n\"}\n");
}

TEST(DataTable, JsonColumnsAreOfOneType) {
  EXPECT_EQ(
      rows_of("{\"n\": 1, \"l\": [1]}\n{\"n\": 2.5, \"l\": [0.5]}\n{\"n\": null, \"l\": []}\n",
              "json"),
      "{\"n\":1.0,\"l\":[1.0]}\n{\"n\":2.5,\"l\":[0.5]}\n{\"n\":null,\"l\":[]}\n");
  EXPECT_EQ(rows_of("{\"x\": \"2020-01-02\"}\n{\"x\": \"2021-05-06T10:00:00\"}\n", "json"),
            "{\"x\":\"2020-01-02 00:00:00\"}\n{\"x\":\"2021-05-06 10:00:00\"}\n");
  EXPECT_EQ(rows_of("{\"x\": \"2020-01-02\"}\n{\"x\": \"May\"}\n", "json"),
            "{\"x\":\"2020-01-02\"}\n{\"x\":\"May\"}\n");
  EXPECT_EQ(rows_of("{\"rows\": [{\"x\": 1}], \"v\": 2}", "json", R"({"field": "rows"})"),
            "{\"x\":1}\n");
}

/// A file that is one list goes through pandas, which writes ten decimals.
TEST(DataTable, FractionsOfAListAreWrittenByPandas) {
  EXPECT_EQ(rows_of(R"([{"x": 8.624762759029606, "n": 7}, {"x": 0.3, "n": 8}])", "json"),
            "{\"x\":8.624762759,\"n\":7}\n{\"x\":0.3,\"n\":8}\n");
  EXPECT_EQ(rows_of(R"([{"x": [1e-12, -1e-7, 0.12345678905, 9.99999999999]}])", "json"),
            "{\"x\":[0.0,-1e-07,0.123456789,10.0]}\n");
  EXPECT_EQ(
      rows_of(R"([{"x": [1234567.1234567891, 123456789.123456789, 1.23456789012345e20]}])", "json"),
      "{\"x\":[1234567.1234567892,123456789.12345679,1.23456789e+20]}\n");
  EXPECT_EQ(rows_of("{\"x\": 8.624762759029606}\n", "json"), "{\"x\":8.624762759029606}\n");
  EXPECT_EQ(rows_of(R"(["a", "b"])", "json"), "{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
}

/// A column of several types, or of objects with different keys, is kept as JSON.
TEST(DataTable, MixedColumnsAreReadAsJson) {
  const auto column = [](const std::string& cells) {
    std::string lines;
    for (const Json& cell : Json::parse(cells))
      lines += Json{{"m", cell}, {"x", 0.12345678901234}}.dump() + "\n";
    Json values = Json::array();
    std::istringstream read(rows_of(lines, "json"));
    double fraction = 0;
    for (std::string row; std::getline(read, row);) {
      values.push_back(Json::parse(row)["m"]);
      fraction = Json::parse(row)["x"];
    }
    return values.dump() + (fraction == 0.123456789 ? " through pandas" : "");
  };
  const std::string pandas = " through pandas";
  EXPECT_EQ(column(R"([1, "a", 2.5, 0.3, true, null, "7", "[1]"])"),
            R"([1,"a",2.5,0.30000000000000004,true,null,7,[1]])" + pandas);
  EXPECT_EQ(column(R"(["007", 1, "1.", "1e5", "true", "null", "NaN", "-", " 7"])"),
            "[7,1,1.0,100000.0,true,null,null,0,7]" + pandas);
  EXPECT_EQ(column(R"([1, "1,000", "1_000", ".5", "True", "2020-01-02", "5%", "", "0x10"])"),
            R"([1,"1,000","1_000",".5","True","2020-01-02","5%","","0x10"])" + pandas);
  EXPECT_EQ(column(R"([1, "99999999999999999999", "{'a': 1}", "[a]", "\"a\""])"),
            R"([1,"99999999999999999999","{'a': 1}","[a]","a"])" + pandas);
  EXPECT_EQ(column(R"([{"u": 1, "w": 0.3}, {"u": 1.5}])"),
            R"([{"u":1,"w":0.30000000000000004},{"u":1.5}])" + pandas);
  EXPECT_EQ(column(R"([[{"u": 1}, {"u": 1.5, "v": "2020-01-02"}]])"),
            R"([[{"u":1},{"u":1.5,"v":"2020-01-02"}]])" + pandas);
  EXPECT_EQ(column("[{}, {}]"), "[{},{}]" + pandas);
  EXPECT_EQ(column("[1, [1.5]]"), "[1,[1.5]]" + pandas);
  EXPECT_EQ(column(R"([{"u": 1, "v": 2}, {"v": 1.5, "u": null}])"),
            R"([{"u":1,"v":2.0},{"u":null,"v":1.5}])");
  EXPECT_EQ(column(R"(["7", "x"])"), R"(["7","x"])");
}

/// What datasets 5.2 (with pandas 3.1) has of a column of a file read with `field`.
TEST(DataTable, RowsOfAFieldAreTypedAsPandasDoes) {
  const auto column = [](const std::string& name, const std::string& cells) {
    Json rows = Json::array(), values = Json::array();
    for (const Json& cell : Json::parse(cells)) rows.push_back({{name, cell}});
    std::istringstream read(rows_of(Json{{"data", rows}}.dump(), "json", R"({"field": "data"})"));
    for (std::string row; std::getline(read, row);) values.push_back(Json::parse(row)[name]);
    return values.dump();
  };
  EXPECT_EQ(column("a", R"(["2020-01-01", "2021-02-03"])"), R"(["2020-01-01","2021-02-03"])");
  EXPECT_EQ(column("a", R"([["2020-01-01"], []])"), R"([["2020-01-01"],[]])");
  EXPECT_EQ(column("a", "[1.0, 2.0, null]"), "[1,2,null]");
  EXPECT_EQ(column("a", "[9007199254740993, 1]"), "[9007199254740993,1]");
  EXPECT_EQ(column("a", "[9007199254740993, null]"), "[9007199254740992,null]");
  EXPECT_EQ(column("a", "[9223372036854775807, null]"), "[9.223372036854776e+18,null]");
  EXPECT_EQ(column("a", "[1, 2.5]"), "[1.0,2.5]");
  EXPECT_EQ(column("a", "[1e20, 2e20]"), "[1e+20,2e+20]");
  EXPECT_EQ(column("a", "[[1.0], [2.0]]"), "[[1.0],[2.0]]");
  EXPECT_EQ(column("a", "[0.3, 0.7]"), "[0.30000000000000004,0.7000000000000001]");
  EXPECT_EQ(column("a", "[[0.3, 1], [2]]"), "[[0.30000000000000004,1.0],[2.0]]");
  EXPECT_EQ(column("a", "[1e-12, 2]"), "[0,2]");
  EXPECT_EQ(column("a", R"([{"u": 1}, {"v": 2.5}])"), R"([{"u":1,"v":null},{"u":null,"v":2.5}])");
  EXPECT_EQ(column("a", "[true, null]"), "[true,null]");
  EXPECT_EQ(column("a", "[true, false]"), "[true,false]");
  EXPECT_EQ(column("Date", R"([null, "2020-01-01"])"), R"([null,"2020-01-01 00:00:00"])");
  EXPECT_EQ(column("date", R"(["2020-01-01", "n/a"])"), R"(["2020-01-01","n/a"])");
  EXPECT_EQ(column("date", R"(["2020", "2021"])"), R"(["2020","2021"])");
  EXPECT_EQ(column("timestamp", "[5, 6]"), "[5,6]");
  EXPECT_EQ(column("date_published", R"(["2020-01-01"])"), R"(["2020-01-01"])");
  for (const char* cells :
       {R"(["May 5, 2020"])", R"([""])", "[1600000000]", R"(["2020-01-01T10:00:00+08:00"])"})
    EXPECT_THROW(column("updated_at", cells), UserError) << cells;
}

TEST(Keys, ManyDifferentKeysAreGivenToAllRows) {
  std::vector<Json> rows;
  for (int i = 0; i < 1500; ++i) rows.push_back({{"q", i}, {"key " + std::to_string(i), i}});
  give_every_key(cells_of(rows));
  EXPECT_EQ(rows[7].size(), 1501u);
  EXPECT_EQ(rows[7]["key 7"], 7);
  EXPECT_TRUE(rows[7]["key 1499"].is_null());
  EXPECT_EQ(rows[9].items().begin().key(), "q");
}

TEST(Keys, ARowThatIsNullHasEveryKey) {
  std::vector<Json> rows = {Json{{"a", 1}}, Json()};
  give_every_key(cells_of(rows));
  EXPECT_EQ(Json(rows).dump(), R"([{"a":1},{"a":null}])");
}

}  // namespace
}  // namespace flm
