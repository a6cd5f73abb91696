// Takes the entries of a Metadata object apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/formats/dcp_tables.h"
#include "engine/checkpoint/formats/dcp_values.h"

namespace flm {

/// UserErrors name `path`, the .metadata file. One thread.
class DcpEntries {
 public:
  explicit DcpEntries(const std::string& path) : path_(path), tables_(path) {}

  /// Of state_dict_metadata: name to TensorStorageMetadata or BytesStorageMetadata.
  void read_entry(const DcpValue& key, const DcpValue& value);
  /// Of storage_data: MetadataIndex to _StorageInfo.
  void read_place(const DcpValue& key, const DcpValue& value);

  /// Call once, at the end.
  DcpMetadata finish() { return tables_.finish(); }

  [[noreturn]] void refuse(const std::string& what) const;

 private:
  using Sizes = std::vector<std::int64_t>;

  std::string_view dtype(const DcpValue& tensor, std::string_view name) const;
  void read_boxes(const DcpValue& tensor, std::string_view name);
  void require_untransformed(const DcpValue& place, std::string_view name) const;
  void read_sizes(const DcpValue& value, std::string_view name, Sizes& out) const;
  std::int64_t place_number(const DcpValue& place, const char* what, std::string_view name) const;
  [[noreturn]] void refuse_tensor(std::string_view name) const;

  std::string path_;
  DcpTables tables_;
  Sizes begin_, extent_;  // of the chunk at hand
};

}  // namespace flm
