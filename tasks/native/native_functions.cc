#include "tasks/native/native_functions.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/errors.h"
#include "tasks/python/text.h"

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

template <class Function>
void move_all(std::map<std::string, Function>& from, std::map<std::string, Function>& to) {
  to.merge(from);
  if (!from.empty()) throw std::logic_error("two native functions for " + from.begin()->first);
}

NativeFunctions build() {
  NativeFunctions all;
  add_families(all);
  guard(all.process_docs);
  guard(all.doc_values);
  guard(all.process_results);
  return all;
}

/// "lm_eval.tasks.bench.set.utils.f": Python finds it in its own path, not beside the file.
std::vector<std::string> keys_of_installed(const std::string& function) {
  std::vector<std::string> parts = python_split(function, ".", -1);
  const std::string name = parts.back();
  parts.pop_back();
  std::vector<std::string> keys;
  for (std::ptrdiff_t i = 2; i + 1 < std::ssize(parts); ++i)
    keys.push_back(python_join("/", {parts.begin() + i, parts.end()}) + "." + name);
  return keys;
}

}  // namespace

void NativeFunctions::add(const std::function<void(NativeFunctions&)>& family) {
  NativeFunctions added;
  family(added);
  move_all(added.process_docs, process_docs);
  move_all(added.doc_values, doc_values);
  move_all(added.samples, samples);
  move_all(added.process_results, process_results);
  move_all(added.filters, filters);
  move_all(added.metrics, metrics);
  move_all(added.aggregations, aggregations);
  move_all(added.comparisons, comparisons);
}

const NativeFunctions& native_functions() {
  static const NativeFunctions all = build();
  return all;
}

std::vector<std::string> native_keys(const std::string& file, const std::string& function) {
  if (function.starts_with("lm_eval.tasks.")) return keys_of_installed(function);
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
