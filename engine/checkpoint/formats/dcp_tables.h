// Collects what .metadata says, entry by entry in any order, and pairs boxes with their places.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/checkpoint/formats/dcp_metadata.h"

namespace flm {

/// Whether a key is of an optimizer's state.
bool is_optimizer_key(std::string_view key);

/// UserErrors name `path`, the .metadata file. One thread.
class DcpTables {
 public:
  explicit DcpTables(std::string path) : path_(std::move(path)) {}

  /// A tensor; the boxes that follow are its.
  void add_tensor(std::string_view name, std::string_view dtype_name,
                  std::span<const std::int64_t> shape);
  /// A box without elements has no place and is not kept.
  void add_box(std::span<const std::int64_t> begin, std::span<const std::int64_t> extent);
  void add_byte_entry(std::string_view name);
  void pass_over_optimizer_entry() { ++out_.optimizer_entries; }

  /// Where the box of a tensor that starts at `begin` lies; without `begin`, where an entry that
  /// was never cut does. Of an optimizer's only the size is kept.
  void add_place(std::string_view name, std::optional<std::span<const std::int64_t>> begin,
                 std::string_view file, std::int64_t offset, std::int64_t length);

  /// The end: every box has its place. Call once.
  DcpMetadata finish();

 private:
  struct Place {
    std::uint32_t name, file;
    std::uint32_t begin, rank;  // in begins_; rank kWhole: no begin
    std::int64_t offset, length;
  };
  using Names = std::unordered_map<std::string, std::uint32_t>;

  std::uint32_t number_of(Names& names, std::string_view name);
  std::uint32_t file_number(std::string_view file);
  std::span<const std::int64_t> begin_of(const Place& place) const;
  static bool begins_before(std::span<const std::int64_t> a, std::uint32_t rank_a,
                            std::span<const std::int64_t> b, std::uint32_t rank_b);
  bool before(const Place& a, const Place& b) const;
  void sort_places();
  void sort_tensors();
  std::span<const Place> places_of(const std::string& tensor) const;
  void find_places(const DcpTensor& tensor);
  void find_place(DcpBytes& bytes);
  [[noreturn]] void refuse(const std::string& what) const;

  std::string path_;
  DcpMetadata out_;
  Names names_, files_;
  std::vector<Place> places_;
  std::vector<std::int64_t> begins_;
};

}  // namespace flm
