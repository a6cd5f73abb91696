#include "engine/checkpoint/formats/dcp_tables.h"

#include <algorithm>
#include <limits>

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {
namespace {

constexpr std::uint32_t kWhole = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMostEntries = std::numeric_limits<std::uint32_t>::max();

std::optional<DType> dtype_of(std::string_view name) {
  if (name == "float32") return DType::kF32;
  if (name == "float16") return DType::kF16;
  if (name == "bfloat16") return DType::kBF16;
  return {};
}

std::string text_of(std::span<const std::int64_t> sizes) {
  return shape_text({sizes.begin(), sizes.end()});
}

/// The name of a file in the checkpoint's folder: "__0_0.distcp".
bool stays_inside(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

bool is_optimizer_key(std::string_view key) {
  for (std::string_view start : {"optimizer.", "optim.", "state.", "exp_avg", "chained_"})
    if (key.starts_with(start)) return true;
  return key.find(".optimizer.") != std::string_view::npos ||
         key.find(".optim.") != std::string_view::npos;
}

void DcpTables::refuse(const std::string& what) const {
  throw UserError(path_ + ": " + what + "; save the checkpoint again");
}

void DcpTables::add_tensor(std::string_view name, std::string_view dtype_name,
                           std::span<const std::int64_t> shape) {
  DcpTensor tensor{std::string(name),
                   std::string(dtype_name),
                   dtype_of(dtype_name),
                   {shape.begin(), shape.end()},
                   0,
                   0};
  if (!checked_elements(tensor.shape))
    refuse("tensor " + printable(name) + " has an impossible shape " + text_of(shape));
  tensor.first_chunk = static_cast<std::uint32_t>(out_.chunks.size());
  out_.tensors.push_back(std::move(tensor));
}

void DcpTables::add_box(std::span<const std::int64_t> begin, std::span<const std::int64_t> extent) {
  DcpTensor& tensor = out_.tensors.back();
  bool inside = begin.size() == tensor.shape.size() && extent.size() == tensor.shape.size();
  for (std::size_t i = 0; inside && i < begin.size(); ++i)
    inside = begin[i] >= 0 && extent[i] >= 0 && begin[i] <= tensor.shape[i] &&
             extent[i] <= tensor.shape[i] - begin[i];
  if (!inside)
    refuse("tensor " + printable(tensor.name) + " of shape " + shape_text(tensor.shape) +
           " has a chunk outside it: at " + text_of(begin) + ", sizes " + text_of(extent));
  if (std::find(extent.begin(), extent.end(), 0) != extent.end()) return;
  if (out_.boxes.size() + 2 * begin.size() > kMostEntries) refuse("holds more chunks than 2^31");
  DcpChunk chunk;
  chunk.box = static_cast<std::uint32_t>(out_.boxes.size());
  out_.boxes.insert(out_.boxes.end(), begin.begin(), begin.end());
  out_.boxes.insert(out_.boxes.end(), extent.begin(), extent.end());
  out_.chunks.push_back(chunk);
  ++tensor.chunks;
}

void DcpTables::add_byte_entry(std::string_view name) {
  out_.byte_entries.push_back({std::string(name), 0, 0, 0});
}

void DcpTables::add_place(std::string_view name, std::optional<std::span<const std::int64_t>> begin,
                          std::string_view file, std::int64_t offset, std::int64_t length) {
  if (offset < 0 || length < 0 || length > std::numeric_limits<std::int64_t>::max() - offset) {
    refuse("the place of " + printable(name) + " is impossible: offset " + std::to_string(offset) +
           ", length " + std::to_string(length));
  }
  const std::uint32_t number = file_number(file);
  if (__builtin_add_overflow(out_.file_bytes[number], length, &out_.file_bytes[number]))
    refuse("says that " + printable(file) + " has more than 2^63 bytes");
  out_.file_ends[number] = std::max(out_.file_ends[number], offset + length);
  if (is_optimizer_key(name)) return;
  Place place{number_of(names_, name), number, 0, kWhole, offset, length};
  if (begin) {
    place.begin = static_cast<std::uint32_t>(begins_.size());
    place.rank = static_cast<std::uint32_t>(begin->size());
    begins_.insert(begins_.end(), begin->begin(), begin->end());
    if (begins_.size() > kMostEntries) refuse("holds more chunks than 2^31");
  }
  places_.push_back(place);
}

std::uint32_t DcpTables::number_of(Names& names, std::string_view name) {
  return names.emplace(name, static_cast<std::uint32_t>(names.size())).first->second;
}

std::uint32_t DcpTables::file_number(std::string_view file) {
  const std::uint32_t number = number_of(files_, file);
  if (number < out_.files.size()) return number;
  if (!stays_inside(file))
    refuse("names the file " + printable(file) + ", which is none in the checkpoint's folder");
  out_.files.emplace_back(file);
  out_.file_bytes.push_back(0);
  out_.file_ends.push_back(0);
  return number;
}

std::span<const std::int64_t> DcpTables::begin_of(const Place& place) const {
  if (place.rank == kWhole) return {};
  return {begins_.data() + place.begin, place.rank};
}

/// By the number of dimensions (those that were never cut last), then by begin.
bool DcpTables::begins_before(std::span<const std::int64_t> a, std::uint32_t rank_a,
                              std::span<const std::int64_t> b, std::uint32_t rank_b) {
  if (rank_a != rank_b) return rank_a < rank_b;
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

bool DcpTables::before(const Place& a, const Place& b) const {
  if (a.name != b.name) return a.name < b.name;
  return begins_before(begin_of(a), a.rank, begin_of(b), b.rank);
}

/// The same twice is once; two places of one box contradict each other.
void DcpTables::sort_places() {
  std::sort(places_.begin(), places_.end(),
            [&](const Place& a, const Place& b) { return before(a, b); });
  for (std::size_t i = 1; i < places_.size(); ++i) {
    const Place &a = places_[i - 1], &b = places_[i];
    if (before(a, b)) continue;
    if (a.file == b.file && a.offset == b.offset && a.length == b.length) continue;
    const auto named = [&](const auto& entry) { return entry.second == a.name; };
    refuse("gives two places to the chunk of " +
           printable(std::find_if(names_.begin(), names_.end(), named)->first) + " at " +
           text_of(begin_of(a)));
  }
}

std::span<const DcpTables::Place> DcpTables::places_of(const std::string& tensor) const {
  const auto number = names_.find(tensor);
  if (number == names_.end()) return {};
  const auto by_name = [](const Place& a, const Place& b) { return a.name < b.name; };
  const auto [begin, end] = std::equal_range(places_.begin(), places_.end(),
                                             Place{number->second, 0, 0, 0, 0, 0}, by_name);
  return {begin, end};
}

void DcpTables::find_places(const DcpTensor& tensor) {
  const std::span<const Place> places = places_of(tensor.name);
  const bool never_cut = tensor.chunks == 1 && !places.empty() && places.back().rank == kWhole;
  for (DcpChunk& chunk : std::span(out_.chunks).subspan(tensor.first_chunk, tensor.chunks)) {
    const std::span<const std::int64_t> begin = out_.begin(tensor, chunk);
    const auto rank = static_cast<std::uint32_t>(begin.size());
    auto found = std::lower_bound(places.begin(), places.end(), begin, [&](const Place& a, auto b) {
      return begins_before(begin_of(a), a.rank, b, rank);
    });
    const bool exact =
        found != places.end() && !begins_before(begin, rank, begin_of(*found), found->rank);
    if (!exact && !never_cut)
      refuse("says not where the chunk of " + printable(tensor.name) + " at " + text_of(begin) +
             " lies");
    const Place& place = exact ? *found : places.back();
    chunk.file = place.file;
    chunk.offset = place.offset;
    chunk.length = place.length;
  }
}

void DcpTables::find_place(DcpBytes& bytes) {
  const std::span<const Place> places = places_of(bytes.name);
  if (places.empty() || places.back().rank != kWhole) return;
  bytes.file = places.back().file;
  bytes.offset = places.back().offset;
  bytes.length = places.back().length;
}

void DcpTables::sort_tensors() {
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  std::sort(out_.tensors.begin(), out_.tensors.end(), by_name);
  for (std::size_t i = 1; i < out_.tensors.size(); ++i)
    if (out_.tensors[i].name == out_.tensors[i - 1].name)
      refuse("holds the key " + printable(out_.tensors[i].name) + " twice");
  std::sort(out_.byte_entries.begin(), out_.byte_entries.end(), by_name);
}

DcpMetadata DcpTables::finish() {
  sort_places();
  sort_tensors();
  for (const DcpTensor& tensor : out_.tensors) find_places(tensor);
  for (DcpBytes& bytes : out_.byte_entries) find_place(bytes);
  return std::move(out_);
}

}  // namespace flm
