// datasets/formats: any bytes give the rows of every text format or a UserError, as they are and
// typed as the datasets library types them; what is given can be printed.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/documents/unread_value.h"
#include "base/errors.h"
#include "datasets/formats/data_formats.h"
#include "tests/fuzz/message.h"

namespace {

void print(const std::vector<flm::Json>& rows) {
  for (const flm::Json& row : rows) flm::python_json_dumps(flm::without_unread_values(row));
}

void read_as_they_are(std::string_view bytes, const std::string& format) {
  try {
    print(flm::read_rows(bytes, format, {}, "fuzz").rows);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

/// For itself, and as the second file of a set whose first file it is.
void read_typed(std::string_view bytes, const flm::DataFormat& format) {
  try {
    const flm::Json kwargs = flm::Json::object();
    print(format.table(bytes, kwargs, "fuzz", nullptr));
    flm::DecidedTypes decided;
    if (format.decides) decided = format.decides(bytes, kwargs, "fuzz");
    std::vector<flm::Json> rows = format.table(bytes, kwargs, "fuzz", &decided);
    decided.refuse_columns(rows);
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
