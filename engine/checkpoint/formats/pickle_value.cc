#include "engine/checkpoint/formats/pickle_value.h"

#include "base/text/printable.h"

namespace flm {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMostTensorDimensions = 64;  // torch's own limit

}  // namespace

const PickleValue* entry(const PickleValue& holder, std::string_view key) {
  const PickleValue* dict = holder.kind == Kind::kObject ? holder.state : &holder;
  if (!dict || dict->kind != Kind::kDict) return nullptr;
  for (std::size_t i = dict->items.size(); i > 0; i -= 2) {
    const PickleValue& name = *dict->items[i - 2];
    if (name.kind == Kind::kString && name.text == key) return dict->items[i - 1];
  }
  return nullptr;
}

std::optional<std::int64_t> whole(const PickleValue* value) {
  if (!value || value->kind != Kind::kInt) return {};
  return value->integer;
}

std::optional<bool> truth(const PickleValue* value) {
  if (!value || value->kind != Kind::kBool) return {};
  return value->integer != 0;
}

std::optional<double> real(const PickleValue* value) {
  if (value && value->kind == Kind::kInt) return static_cast<double>(value->integer);
  if (!value || value->kind != Kind::kFloat) return {};
  return value->real;
}

std::optional<std::string_view> text(const PickleValue* value) {
  if (!value || value->kind != Kind::kString) return {};
  return value->text;
}

std::optional<std::vector<std::int64_t>> sizes(const PickleValue* value) {
  if (value && value->is("torch.Size"))
    value = value->items.size() == 1 ? value->items[0] : nullptr;
  if (!value || (value->kind != Kind::kTuple && value->kind != Kind::kList)) return {};
  if (value->items.size() > kMostTensorDimensions) return {};
  std::vector<std::int64_t> out;
  for (const PickleValue* item : value->items) {
    const std::optional<std::int64_t> size = whole(item);
    if (!size || *size < 0) return {};
    out.push_back(*size);
  }
  return out;
}

std::string naming(const PickleValue& value) {
  if (value.kind != Kind::kObject && value.kind != Kind::kGlobal) return "";
  return " but names " + printable(value.text) + " (nothing of it was executed)";
}

}  // namespace flm
