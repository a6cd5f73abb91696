// Strict JSON in, Python's json.dumps out.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace flm {

/// Key order is kept: hashes of documents depend on it. Include <nlohmann/json.hpp> in the .cc that
/// uses it.
using Json = nlohmann::ordered_json;

/// Parses one JSON document. A duplicate key, trailing text, nesting beyond 200 levels or invalid
/// UTF-8 is a UserError "ORIGIN:line:column: ...". NaN and Infinity are accepted, as Python does.
Json parse_json(std::string_view text, const std::string& origin);

/// Reads and parses a whole file; the path is the origin.
Json read_json_file(const std::string& path);

/// Python's json.dumps(value, indent=indent, ensure_ascii=ascii): separators ", " and ": " (", "
/// becomes
/// "," + newline with an indent), floats by repr. indent < 0: one line.
std::string python_json_dumps(const Json& value, int indent = -1, bool ensure_ascii = false);

/// repr(float) of Python: shortest digits that read back, "1.0", "1e-05", "inf", "nan".
std::string python_float_repr(double value);

/// One line of strict JSON (NaN and infinities as null), shortest floats: what our own outputs use.
std::string compact_json(const Json& value);

/// Appends the text in quotes, as compact_json writes it; for long lines that are written as they
/// go, without a Json value for each part. A UserError for what is not UTF-8.
void append_json_string(std::string& line, const std::string& text);

}  // namespace flm
