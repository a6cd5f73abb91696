#include "datasets/sources/shards.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include "base/errors.h"

namespace flm {
namespace {

constexpr std::size_t kDigits = 5;
constexpr const char* kOf = "-of-";

struct Shard {
  std::string before;  // all of the name before -NNNNN-of-NNNNN
  int index = 0, count = 0;
};

std::optional<int> five_digits(const std::string& name, std::size_t at) {
  if (at + kDigits > name.size()) return std::nullopt;
  const std::string digits = name.substr(at, kDigits);
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  return std::stoi(digits);
}

std::optional<Shard> shard_of(const std::string& name) {
  const std::size_t of = name.rfind(kOf);
  if (of == std::string::npos || of < kDigits + 1 || name[of - kDigits - 1] != '-')
    return std::nullopt;
  const auto index = five_digits(name, of - kDigits), count = five_digits(name, of + 4);
  if (!index || !count) return std::nullopt;
  return Shard{name.substr(0, of - kDigits - 1), *index, *count};
}

std::string five(int number) {
  char text[16];
  std::snprintf(text, sizeof text, "%05d", number);
  return text;
}

}  // namespace

void check_shards(const std::vector<std::string>& files, const std::string& what) {
  std::map<std::pair<std::string, int>, std::set<int>> groups;
  for (const std::string& file : files)
    if (const auto shard = shard_of(file))
      groups[{shard->before, shard->count}].insert(shard->index);
  for (const auto& [group, there] : groups)
    for (int i = 0; i < group.second; ++i)
      if (!there.count(i))
        throw UserError(
            "a part of " + what +
            " is missing; load it again (hf download --repo-type dataset ID), missing: " +
            group.first + "-" + five(i) + kOf + five(group.second));
}

std::string unsharded_stem(const std::string& file) {
  const auto shard = shard_of(file);
  return shard ? shard->before : file.substr(0, file.rfind('.'));
}

}  // namespace flm
