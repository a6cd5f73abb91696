#include "tasks/native/native_functions.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "base/errors.h"

namespace flm {
namespace {

constexpr int kMostFolders = 4;  // parts of a key's folder

/// A document without the columns or items that a function takes for granted is the user's error.
template <class Value, class... Arguments>
void guard(std::map<std::string, std::function<Value(Arguments...)>>& functions) {
  for (auto& [key, function] : functions) {
    function = [name = key, plain = std::move(function)](Arguments... arguments) -> Value {
      try {
        return plain(std::forward<Arguments>(arguments)...);
      } catch (const Json::exception& error) {
        throw UserError(name + " wants other documents: " + error.what());
      } catch (const std::out_of_range& error) {
        throw UserError(name + " wants documents with more items: " + error.what());
      }
    };
  }
}

NativeFunctions build() {
  NativeFunctions all;
  add_families(all);
  guard(all.process_docs);
  guard(all.doc_values);
  guard(all.process_results);
  return all;
}

/// A module that Python finds by its installed name, wherever the file lies:
/// lm_eval.tasks.noreval.noridiom.utils.f is noreval/noridiom/utils.f. Else "".
std::string installed_key(const std::string& function) {
  constexpr std::string_view kInstalled = "lm_eval.tasks.";
  if (!function.starts_with(kInstalled)) return "";
  std::string key = function.substr(kInstalled.size());
  const std::size_t name = key.rfind('.');
  if (name == std::string::npos) return "";
  std::replace(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(name), '.', '/');
  return key;
}

}  // namespace

const NativeFunctions& native_functions() {
  static const NativeFunctions all = build();
  return all;
}

std::vector<std::string> native_keys(const std::string& file, const std::string& function) {
  if (const std::string key = installed_key(function); !key.empty()) return {key};
  std::filesystem::path folder = std::filesystem::absolute(file).lexically_normal().parent_path();
  std::vector<std::string> keys;
  std::string name = function;
  std::string any_language = "*/" + function;  // the file's own folder is one of many alike
  for (int i = 0; i < kMostFolders && folder.has_filename(); ++i) {
    const std::string part = folder.filename().string() + "/";
    name = part + name;
    if (i > 0) {
      any_language = part + any_language;
      keys.insert(keys.begin(), any_language);
    }
    keys.insert(keys.begin(), name);
    folder = folder.parent_path();
  }
  if (function.find('/') != std::string::npos) keys.push_back(function);  // code/metrics.pass_at_k
  return keys;
}

RowsFunction mapped_rows(std::function<Json(const Json& row)> change) {
  return [change = std::move(change)](const std::vector<Json>& rows) {
    std::vector<Json> out = rows;
    for (Json& row : out) row.update(change(row));
    return out;
  };
}

}  // namespace flm
