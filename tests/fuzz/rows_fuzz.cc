// datasets/formats: any bytes give the rows of every text format or a UserError, as they are and
// typed as the datasets library types them; what is given can be printed.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "datasets/formats/data_formats.h"
#include "tests/fuzz/message.h"

namespace {

void print(const std::vector<flm::Json>& rows) {
  for (const flm::Json& row : rows) flm::python_json_dumps(row);
}

void read_as_they_are(std::string_view bytes, const std::string& format) {
  try {
    print(flm::read_rows(bytes, format, {}, "fuzz").rows);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

/// The same file twice, as the shards of a split are; alone, and behind itself as the first split.
void read_typed(std::string_view bytes, const flm::DataFormat& format) {
  try {
    const flm::Json kwargs = flm::Json::object();
    std::vector<flm::Json> rows = format.table(bytes, kwargs, "fuzz");
    rows.insert(rows.end(), rows.begin(), rows.end());
    const std::vector<flm::Json> first = rows;
    if (format.unify) {
      std::vector<flm::Json> second = rows;
      format.unify(rows, {}, kwargs);
      format.unify(second, first, kwargs);
      print(second);
    }
    print(rows);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* name : {"csv", "tsv", "json", "jsonl", "text", "c3", "wikitext"}) {
    read_as_they_are(bytes, name);
    const flm::DataFormat* format = flm::find_data_format(name);
    if (format->table) read_typed(bytes, *format);
  }
  return 0;
}
