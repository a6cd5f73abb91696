#include "engine/checkpoint/formats/dcp_metadata.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/checkpoint/formats/dcp_entries.h"
#include "engine/checkpoint/formats/dcp_values.h"
#include "engine/checkpoint/formats/pickle_stack.h"
#include "engine/checkpoint/formats/torn_file.h"

namespace flm {
namespace {

constexpr std::string_view kEntries = "state_dict_metadata", kPlaces = "storage_data";

bool is_read(const PickleAttribute& attribute) {
  return attribute.name == kEntries || attribute.name == kPlaces;
}

/// Runs the pickle of a Metadata object until both of its dicts are there. They are read while they
/// are made, so that neither is ever whole. What stands between them (planner_data) leaves no
/// values, what stands behind (all_local_plans) is not run.
class MetadataStream {
 public:
  explicit MetadataStream(const MappedFile& file)
      : path_(file.path()),
        outline_(pickle_outline(PickleReader(file))),
        attributes_(up_to_the_last(outline_.attributes)),
        recalled_(PickleReader(file), attributes_.back().end),
        reader_(file),
        heap_(reader_),
        stack_(reader_, heap_, recalled_),
        entries_(path_) {}

  DcpMetadata read() {
    auto next = attributes_.begin();
    auto entry = outline_.entry_ends.begin();
    while (true) {
      for (; entry != outline_.entry_ends.end() && *entry <= reader_.at(); ++entry)
        if (is_read(*next)) read_entry(*next);
      if (reader_.at() == next->end) {
        leave(*next);
        if (++next == attributes_.end()) break;
      }
      if (reader_.at() == next->begin) enter(*next);
      if (!stack_.step()) entries_.refuse("ends before its attributes do");
    }
    require_metadata(stack_.bottom());
    return entries_.finish();
  }

 private:
  std::vector<PickleAttribute> up_to_the_last(std::vector<PickleAttribute> attributes) const {
    while (!attributes.empty() && !is_read(attributes.back())) attributes.pop_back();
    for (std::string_view name : {kEntries, kPlaces}) {
      const auto named = [&](const PickleAttribute& attribute) { return attribute.name == name; };
      const auto count = std::count_if(attributes.begin(), attributes.end(), named);
      if (count == 1) continue;
      throw UserError(path_ + ": is no Metadata of torch.distributed.checkpoint: it has " +
                      std::to_string(count) + " attributes " + std::string(name) +
                      " (nothing of it was executed); save the checkpoint again");
    }
    return attributes;
  }

  /// A dict is filled with 1,000 entries at once, each of which may have thousands of chunks: they
  /// are read one by one before.
  void read_entry(const PickleAttribute& attribute) {
    const std::vector<DcpValue> entry = stack_.take(2);
    read_entry(attribute, entry[0], entry[1]);
  }

  void read_entry(const PickleAttribute& attribute, const DcpValue& key, const DcpValue& value) {
    attribute.name == kEntries ? entries_.read_entry(key, value) : entries_.read_place(key, value);
  }

  void enter(const PickleAttribute& attribute) {
    if (!is_read(attribute)) return heap_.make_opaque(true);
    heap_.stream_next_dict(
        [&](const DcpValue& key, const DcpValue& value) { read_entry(attribute, key, value); });
  }

  void leave(const PickleAttribute& attribute) {
    heap_.make_opaque(false);
    heap_.stream_next_dict(nullptr);
    if (is_read(attribute) && !stack_.top().is_stream())
      entries_.refuse(std::string(attribute.name) + " is no dict");
  }

  void require_metadata(const DcpValue& root) const {
    const auto name = root.object_of();
    if (name && name->ends_with("Metadata")) return;
    entries_.refuse("is no Metadata of torch.distributed.checkpoint" +
                    (name ? " but names " + printable(*name) + " (nothing of it was executed)"
                          : std::string()));
  }

  std::string path_;
  PickleOutline outline_;
  std::vector<PickleAttribute> attributes_;
  RecalledSlots recalled_;
  PickleReader reader_;
  DcpHeap heap_;
  PickleStack<DcpHeap> stack_;
  DcpEntries entries_;
};

}  // namespace

DcpMetadata read_dcp_metadata(const MappedFile& file) {
  if (file.size() == 0)
    throw TornFile(file.path() + ": is empty: still being written, or copy it again");
  return MetadataStream(file).read();
}

}  // namespace flm
