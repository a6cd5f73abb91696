#include "engine/checkpoint/formats/dcp_entries.h"

#include "base/errors.h"
#include "base/text/printable.h"

namespace flm {
namespace {

constexpr std::size_t kMostDimensions = 64;  // torch's own limit

/// Classes have moved between modules, and trainers derive from them: the last part says the shape.
bool is_a(const DcpValue& value, std::string_view name) {
  const auto object = value.object_of();
  return object && object->ends_with(name);
}

}  // namespace

void DcpEntries::refuse(const std::string& what) const {
  throw UserError(path_ + ": " + what + "; save the checkpoint again");
}

void DcpEntries::refuse_tensor(std::string_view name) const {
  refuse("the tensor " + printable(name) + " is described in a form that is not known");
}

void DcpEntries::read_entry(const DcpValue& key, const DcpValue& value) {
  const auto name = key.text();
  if (!name) refuse("state_dict_metadata has a key that is no name");
  if (is_optimizer_key(*name)) return tables_.pass_over_optimizer_entry();
  if (is_a(value, ".BytesStorageMetadata")) return tables_.add_byte_entry(*name);
  if (!is_a(value, ".TensorStorageMetadata"))
    refuse("the entry " + printable(*name) + " is neither a tensor nor bytes");
  read_sizes(value.attribute("size"), *name, extent_);
  tables_.add_tensor(*name, dtype(value, *name), extent_);
  read_boxes(value, *name);
}

/// TensorProperties keeps its state as a tuple whose first is the dtype.
std::string_view DcpEntries::dtype(const DcpValue& tensor, std::string_view name) const {
  constexpr std::string_view torch = "torch.";
  const DcpValue state = tensor.attribute("properties").state();
  const auto fields = state.items();
  if (!fields || fields->size() < 5 || fields->size() > 6) refuse_tensor(name);
  const auto global = (*fields)[0].global();
  if (!global || !global->starts_with(torch)) refuse_tensor(name);
  return global->substr(torch.size());
}

void DcpEntries::read_boxes(const DcpValue& tensor, std::string_view name) {
  const DcpValue list = tensor.attribute("chunks");
  const auto chunks = list.items();
  if (!chunks) refuse_tensor(name);
  for (const DcpValue& chunk : *chunks) {
    read_sizes(chunk.attribute("offsets"), name, begin_);
    read_sizes(chunk.attribute("sizes"), name, extent_);
    tables_.add_box(begin_, extent_);
  }
}

void DcpEntries::read_sizes(const DcpValue& value, std::string_view name, Sizes& out) const {
  const auto items = value.items();
  if (!items || items->size() > kMostDimensions) refuse_tensor(name);
  out.clear();
  for (const DcpValue& item : *items) {
    const auto size = item.whole();
    if (!size || *size < 0)
      refuse("the tensor " + printable(name) + " has a size that is no whole number from 0");
    out.push_back(*size);
  }
}

void DcpEntries::read_place(const DcpValue& key, const DcpValue& value) {
  const DcpValue fqn = key.attribute("fqn");
  const auto name = fqn.text();
  if (!name || !is_a(key, ".MetadataIndex")) refuse("storage_data has a key that names no entry");
  const DcpValue path = value.attribute("relative_path");
  const auto file = path.text();
  if (!file) refuse("the place of " + printable(*name) + " has no file");
  require_untransformed(value, *name);
  const std::int64_t offset = place_number(value, "offset", *name);
  const std::int64_t length = place_number(value, "length", *name);
  const DcpValue begin = key.attribute("offset");
  if (begin == DcpValue() || begin.is_none())
    return tables_.add_place(*name, {}, *file, offset, length);
  read_sizes(begin, *name, begin_);
  tables_.add_place(*name, begin_, *file, offset, length);
}

std::int64_t DcpEntries::place_number(const DcpValue& place, const char* what,
                                      std::string_view name) const {
  const auto number = place.attribute(what).whole();
  if (!number)
    refuse("the " + std::string(what) + " of " + printable(name) +
           " is no whole number below 2^60");
  if (*number < 0)
    refuse("the " + std::string(what) + " of " + printable(name) +
           " is negative: " + std::to_string(*number));
  return *number;
}

void DcpEntries::require_untransformed(const DcpValue& place, std::string_view name) const {
  const DcpValue transforms = place.attribute("transform_descriptors");
  if (transforms == DcpValue() || transforms.is_none()) return;
  const auto names = transforms.items();
  if (names && names->empty()) return;
  const auto first = names ? (*names)[0].text() : std::nullopt;
  throw UserError(path_ + ": " + printable(name) + " is stored transformed, by " +
                  (first ? printable(*first) : "something that is not known") +
                  "; save the checkpoint without extensions");
}

}  // namespace flm
