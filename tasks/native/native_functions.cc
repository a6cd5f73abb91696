#include "tasks/native/native_functions.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tasks/native/families.h"

namespace flm {
namespace {

constexpr int kMostFolders = 4;  // parts of a key's folder

NativeFunctions build() {
  NativeFunctions all;
  add_bbh(all);
  add_hellaswag(all);
  add_humaneval(all);
  add_mbpp(all);
  add_truthfulqa(all);
  add_truthfulqa_generation(all);
  add_wikitext(all);
  add_winogrande(all);
  return all;
}

}  // namespace

const NativeFunctions& native_functions() {
  static const NativeFunctions all = build();
  return all;
}

std::vector<std::string> native_keys(const std::string& file, const std::string& function) {
  std::filesystem::path folder = std::filesystem::absolute(file).lexically_normal().parent_path();
  std::vector<std::string> keys;
  std::string name = function;
  for (int i = 0; i < kMostFolders && folder.has_filename(); ++i) {
    name = folder.filename().string() + "/" + name;
    keys.insert(keys.begin(), name);
    folder = folder.parent_path();
  }
  if (function.find('/') != std::string::npos) keys.push_back(function);  // code/metrics.pass_at_k
  return keys;
}

const PyValue* find_argument(const NativeArguments& arguments, const std::string& name) {
  for (const auto& [key, value] : arguments) {
    if (key == name) return &value;
  }
  return nullptr;
}

RowsFunction mapped_rows(std::function<Json(const Json& row)> change) {
  return [change = std::move(change)](const std::vector<Json>& rows) {
    std::vector<Json> out = rows;
    for (Json& row : out) row.update(change(row));
    return out;
  };
}

}  // namespace flm
