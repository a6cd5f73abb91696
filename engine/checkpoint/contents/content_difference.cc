#include "engine/checkpoint/contents/content_difference.h"

#include <algorithm>
#include <set>

#include "base/errors.h"

namespace flm {
namespace {

/// Two of one dtype and shape.
ContentDifference by_chunks(const TensorContent& a, const TensorContent& b) {
  ContentDifference out;
  out.first = a.description;
  out.second = b.description;
  out.chunks = static_cast<std::int64_t>(std::max(a.chunks.size(), b.chunks.size()));
  for (std::int64_t i = out.chunks; i-- > 0;) {
    const auto at = static_cast<std::size_t>(i);
    if (at < a.chunks.size() && at < b.chunks.size() && a.chunks[at] == b.chunks[at]) continue;
    ++out.differing;
    out.chunk = i;
  }
  out.begin = out.chunk * kContentChunk;
  out.end = std::min(out.begin + kContentChunk, a.bytes);
  return out;
}

ContentDifference difference(const TensorContent* a, const TensorContent* b) {
  if (a && b && a->description == b->description) return by_chunks(*a, *b);
  ContentDifference out;
  if (a) out.first = a->description;
  if (b) out.second = b->description;
  return out;
}

}  // namespace

std::vector<ContentDifference> content_differences(const WeightTable::ContentCheck& first,
                                                   const WeightTable::ContentCheck& second) {
  std::set<std::string> names;
  for (const auto* check : {&first, &second})
    for (const auto& [name, tensor] : check->tensors) names.insert(name);
  const auto find = [](const WeightTable::ContentCheck& check, const std::string& name) {
    const auto found = check.tensors.find(name);
    return found == check.tensors.end() ? nullptr : &found->second;
  };
  std::vector<ContentDifference> out;
  for (const std::string& name : names) {
    ContentDifference one = difference(find(first, name), find(second, name));
    if (one.first == one.second && one.differing == 0) continue;
    one.tensor = name;
    out.push_back(std::move(one));
  }
  return out;
}

std::string in_words(const std::vector<ContentDifference>& differences) {
  FLM_CHECK(!differences.empty(), "no difference to tell of");
  const ContentDifference& one = differences.front();
  std::string text = one.tensor;
  if (one.first != one.second) {
    const auto what = [](const std::string& found) { return found.empty() ? "not there" : found; };
    text += " is " + what(one.first) + " and " + what(one.second);
  } else {
    text += " from chunk " + std::to_string(one.chunk) + " on (bytes " + std::to_string(one.begin) +
            " to " + std::to_string(one.end) + "), " + std::to_string(one.differing) + " of " +
            std::to_string(one.chunks) + " chunks";
  }
  return text + "; tensors that differ: " + std::to_string(differences.size());
}

}  // namespace flm
