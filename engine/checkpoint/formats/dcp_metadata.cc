#include "engine/checkpoint/formats/dcp_metadata.h"

#include "base/errors.h"
#include "engine/checkpoint/formats/dcp_tables.h"
#include "engine/checkpoint/formats/pickle_machine.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/printable.h"

namespace flm {
namespace {

using Kind = PickleValue::Kind;

bool ends_with(const PickleValue& value, std::string_view name) {
  return value.kind == Kind::kObject && value.text.ends_with(name);
}

/// Takes the entries of the two dicts apart.
class MetadataReader {
 public:
  explicit MetadataReader(const std::string& path) : path_(path), tables_(path) {}

  DcpMetadata read(const PickleValue& root) {
    if (!ends_with(root, "Metadata")) refuse("is no Metadata of torch.distributed.checkpoint");
    read_dict(root, "state_dict_metadata", &MetadataReader::read_entry);
    read_dict(root, "storage_data", &MetadataReader::read_place);
    return tables_.finish();
  }

 private:
  using Read = void (MetadataReader::*)(const PickleValue& key, const PickleValue& value);

  void read_dict(const PickleValue& root, const std::string& name, Read each) {
    const PickleValue* dict = entry(root, name);
    if (!dict || dict->kind != Kind::kDict) refuse("has no dict " + name);
    for (std::size_t i = 0; i < dict->items.size(); i += 2)
      (this->*each)(*dict->items[i], *dict->items[i + 1]);
  }

  void read_entry(const PickleValue& key, const PickleValue& value) {
    const std::optional<std::string_view> name = text(&key);
    if (!name) refuse("has a key that is no name");
    if (is_optimizer_key(*name)) return tables_.pass_over_optimizer_entry();
    if (ends_with(value, ".BytesStorageMetadata")) return tables_.add_byte_entry(*name);
    if (!ends_with(value, ".TensorStorageMetadata"))
      refuse("has an entry " + printable(*name) + " that is neither a tensor nor bytes");
    tables_.add_tensor(*name, dtype(value, *name), numbers(entry(value, "size"), *name));
    const PickleValue* chunks = entry(value, "chunks");
    if (!chunks || chunks->kind != Kind::kList) refuse_tensor(*name);
    for (const PickleValue* chunk : chunks->items)
      tables_.add_box(numbers(entry(*chunk, "offsets"), *name),
                      numbers(entry(*chunk, "sizes"), *name));
  }

  std::string_view dtype(const PickleValue& tensor, std::string_view name) {
    const PickleValue* properties = entry(tensor, "properties");
    const PickleValue* state = properties ? properties->state : nullptr;
    const bool whole = state && state->kind == Kind::kTuple && state->items.size() >= 5 &&
                       state->items.size() <= 6 && state->items[0]->kind == Kind::kGlobal &&
                       state->items[0]->text.starts_with("torch.");
    if (!whole) refuse_tensor(name);
    return state->items[0]->text.substr(6);
  }

  std::vector<std::int64_t> numbers(const PickleValue* value, std::string_view name) {
    const auto out = sizes(value);
    if (!out) refuse_tensor(name);
    return *out;
  }

  void read_place(const PickleValue& key, const PickleValue& value) {
    const std::optional<std::string_view> name = text(entry(key, "fqn"));
    if (!name || !ends_with(key, ".MetadataIndex")) refuse("has a place of no entry");
    const auto file = text(entry(value, "relative_path"));
    const auto offset = whole(entry(value, "offset")), length = whole(entry(value, "length"));
    if (!file || !offset || !length) refuse("has no place for " + printable(*name));
    const PickleValue* transforms = entry(value, "transform_descriptors");
    if (transforms && transforms->kind != Kind::kNone && !transforms->items.empty())
      refuse("has a transformed stream for " + printable(*name));
    const PickleValue* begin = entry(key, "offset");
    if (!begin || begin->kind == Kind::kNone) {
      tables_.add_place(*name, {}, *file, *offset, *length);
    } else {
      tables_.add_place(*name, numbers(begin, *name), *file, *offset, *length);
    }
  }

  [[noreturn]] void refuse_tensor(std::string_view name) {
    refuse("has a tensor " + printable(name) + " in a form that is not known");
  }
  [[noreturn]] void refuse(const std::string& what) {
    throw UserError(path_ + ": " + what + "; save the checkpoint again");
  }

  const std::string& path_;
  DcpTables tables_;
};

}  // namespace

DcpMetadata read_dcp_metadata(const MappedFile& file) {
  if (file.size() == 0) throw TornFile(file.path() + ": is empty: still being written?");
  PickleMachine machine(file.text(), file.path());
  return MetadataReader(file.path()).read(machine.run());
}

}  // namespace flm
