#include "reports/views/csv_line.h"

#include "base/documents/json.h"

namespace flm {
namespace {

std::string field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string csv_line(const std::vector<std::string>& fields) {
  std::string out;
  for (std::size_t i = 0; i < fields.size(); ++i) out += (i ? "," : "") + field(fields[i]);
  return out + "\r\n";
}

std::string csv_number(std::optional<double> value) {
  return value ? python_float_repr(*value) : "";
}

}  // namespace flm
