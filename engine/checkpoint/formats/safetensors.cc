#include "engine/checkpoint/formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/checkpoint/formats/safetensors_header.h"
#include "engine/checkpoint/formats/torn_file.h"

namespace flm {
namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;  // the format's own limit

/// Bytes of one element of every dtype that the format knows; weights are three of them.
const std::map<std::string, std::int64_t>& element_bytes() {
  static const std::map<std::string, std::int64_t> table = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
      {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},     {"U32", 4},
      {"F32", 4},  {"I64", 8}, {"U64", 8}, {"F64", 8},     {"C64", 8}};
  return table;
}

std::optional<DType> weight_dtype(const std::string& name) {
  for (DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    if (name == name_of(dtype)) return dtype;
  }
  return {};
}

std::string_view header_of(const MappedFile& file) {
  if (file.size() < 10) {
    throw TornFile(file.path() + ": too short to be a safetensors file: " +
                   std::to_string(file.size()) + " bytes; download it again");
  }
  std::uint64_t length;
  std::memcpy(&length, file.data(), 8);
  if (length > file.size() - 8) {
    throw TornFile(file.path() + ": the header length " + std::to_string(length) +
                   " is larger than the file's " + std::to_string(file.size()) +
                   " bytes: not a safetensors file, or half-downloaded; download it again");
  }
  if (length > kLongestHeader) {
    throw UserError(file.path() + ": the header length " + std::to_string(length) +
                    " is beyond the format's limit of " + std::to_string(kLongestHeader) +
                    "; save it again with safetensors");
  }
  return file.text().substr(8, length);
}

/// Checks one entry against the `room` bytes of the data section.
void check_entry(const SafetensorsEntry& entry, std::int64_t room, const MappedFile& file) {
  const auto refuse = [&](const std::string& what) {
    throw UserError(file.path() + ": tensor " + printable(entry.name) + ": " + what +
                    "; save it again with safetensors");
  };
  const auto element = element_bytes().find(entry.dtype);
  if (element == element_bytes().end()) refuse("unknown dtype " + printable(entry.dtype));
  const std::optional<std::int64_t> elements = checked_elements(entry.shape);
  std::int64_t bytes = 0;
  if (!elements || __builtin_mul_overflow(*elements, element->second, &bytes)) {
    refuse("impossible shape " + shape_text(entry.shape));
  }
  if (entry.offsets.size() != 2 || entry.offsets[0] > entry.offsets[1]) {
    refuse("data_offsets are not [begin, end]: " + shape_text(entry.offsets));
  }
  const std::int64_t stored = entry.offsets[1] - entry.offsets[0];
  if (stored != bytes) {
    refuse("shape " + shape_text(entry.shape) + " of " + entry.dtype + " is " +
           std::to_string(bytes) + " bytes, data_offsets hold " + std::to_string(stored));
  }
  if (entry.offsets[1] > room) {
    throw TornFile(file.path() + ": the file is shorter than its header says: tensor " +
                   printable(entry.name) + " ends at data byte " +
                   std::to_string(entry.offsets[1]) + ", found " + std::to_string(room) +
                   "; download it again");
  }
}

void refuse_overlaps(std::vector<const SafetensorsEntry*> entries, const MappedFile& file) {
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->offsets < b->offsets; });
  const SafetensorsEntry* last = nullptr;  // the one that reaches furthest so far
  for (const SafetensorsEntry* entry : entries) {
    if (entry->offsets[0] == entry->offsets[1]) continue;
    if (last && entry->offsets[0] < last->offsets[1]) {
      throw UserError(file.path() + ": tensors " + printable(last->name) + " and " +
                      printable(entry->name) +
                      " share bytes: the file is damaged, download it again");
    }
    last = entry;
  }
}

}  // namespace

std::vector<StoredTensor> read_safetensors(const std::shared_ptr<const MappedFile>& file) {
  const std::string_view header = header_of(*file);
  const std::vector<SafetensorsEntry> entries = parse_safetensors_header(header, file->path());
  const std::size_t data_begin = 8 + header.size();
  std::vector<const SafetensorsEntry*> order;
  std::vector<StoredTensor> out;
  for (const SafetensorsEntry& entry : entries) {
    check_entry(entry, static_cast<std::int64_t>(file->size() - data_begin), *file);
    order.push_back(&entry);
    StoredTensor tensor{entry.name, entry.dtype, weight_dtype(entry.dtype), entry.shape, {},
                        file,       nullptr};
    tensor.data = file->data() + data_begin + entry.offsets[0];
    out.push_back(std::move(tensor));
  }
  refuse_overlaps(std::move(order), *file);
  return out;
}

}  // namespace flm
