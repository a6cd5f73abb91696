#include "engine/checkpoint/trainers/dcp_folder.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/errors.h"
#include "base/parallel_loop.h"
#include "base/text/printable.h"
#include "engine/checkpoint/formats/safetensors_header.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/folder_listing.h"
#include "engine/checkpoint/trainers/tiling.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetadata = ".metadata";

DcpMetadata read_metadata(const fs::path& folder) {
  for (const std::string& name : names_in(folder))
    if (name.starts_with("__") && name.ends_with(".metadata"))
      throw CheckpointFault(
          Completeness::kRefused,
          "it was written without collectives, each rank with its own metadata (" + name +
              "), which is not supported");
  if (!is_there(folder / kMetadata))
    throw CheckpointFault(Completeness::kIncomplete,
                          is_there(folder / ".metadata.tmp")
                              ? ".metadata.tmp is there, .metadata is not yet"
                              : "it has no .metadata, which is written last");
  try {
    return read_dcp_metadata(*MappedFile::open((folder / kMetadata).string()));
  } catch (const TornFile&) {
    throw CheckpointFault(Completeness::kIncomplete, ".metadata ends in the middle");
  } catch (const CheckpointFault&) {
    throw;
  } catch (const UserError& error) {
    throw CheckpointFault(Completeness::kRefused, error.what());
  }
}

/// What a tensor's boxes are, without bytes.
StoredTensor outline(const DcpMetadata& metadata, const DcpTensor& tensor) {
  StoredTensor out;
  out.name = tensor.name;
  out.shape = tensor.shape;
  for (std::uint32_t i = 0; i < tensor.chunks; ++i) {
    const DcpChunk& chunk = metadata.chunks[tensor.first_chunk + i];
    const auto begin = metadata.begin(tensor, chunk), extent = metadata.extent(tensor, chunk);
    if (std::find(extent.begin(), extent.end(), 0) != extent.end()) continue;
    out.tiles.push_back(
        {{begin.begin(), begin.end()}, {extent.begin(), extent.end()}, {}, nullptr, nullptr});
  }
  return out;
}

}  // namespace

DcpFolder::DcpFolder(const fs::path& folder) : folder_(folder), metadata_(read_metadata(folder)) {
  require_whole();
  for (const DcpTensor* tensor : weights()) require_covered(*tensor);
  for (const std::string& name : metadata_.files)
    files_.push_back(MappedFile::open((folder_ / name).string()));
  refuse_safetensors();
}

void DcpFolder::refuse_safetensors() const {
  for (std::size_t file = 0; file < files_.size(); ++file)
    if (begins_as_safetensors(files_[file]->text()))
      throw CheckpointFault(Completeness::kRefused,
                            "it was written with serialization_format=SAFETENSORS (" +
                                printable(metadata_.files[file]) +
                                "), which is not supported; save it with TORCH_SAVE");
}

void DcpFolder::require_whole() const {
  std::vector<std::uint64_t> sizes;
  for (const std::string& name : metadata_.files) {
    std::error_code error;
    sizes.push_back(fs::file_size(folder_ / name, error));
    if (error == std::errc::no_such_file_or_directory)
      throw CheckpointFault(Completeness::kBroken, "its shard is missing: " + printable(name));
    if (error)
      throw CheckpointFault(Completeness::kBroken, "its shard cannot be read (" + error.message() +
                                                       "): " + printable(name));
  }
  for (std::size_t file = 0; file < sizes.size(); ++file) {
    const std::int64_t end = metadata_.file_ends[file];
    if (static_cast<std::uint64_t>(end) <= sizes[file]) continue;
    const std::string name = printable(metadata_.files[file]);
    // Items lie one behind the other: beyond the sum of all of them none can be.
    if (end > metadata_.file_bytes[file])
      throw CheckpointFault(Completeness::kRefused,
                            "an item lies beyond the end of its file: " + name);
    throw CheckpointFault(Completeness::kBroken,
                          name + " is shorter than .metadata says: " + std::to_string(sizes[file]) +
                              " of " + std::to_string(end) + " bytes");
  }
}

void DcpFolder::require_covered(const DcpTensor& tensor) const {
  const StoredTensor boxes = outline(metadata_, tensor);
  if (boxes.elements() == 0) return;
  if (tensor.chunks == 0 || !covers_once(boxes))
    throw CheckpointFault(Completeness::kRefused, "the chunks of " + printable(tensor.name) +
                                                      " do not cover " + shape_text(tensor.shape) +
                                                      " once");
}

std::vector<const DcpTensor*> DcpFolder::weights() const {
  std::vector<const DcpTensor*> out;
  for (const DcpTensor& tensor : metadata_.tensors)
    if (tensor.dtype && !tensor.shape.empty()) out.push_back(&tensor);
  return out;
}

std::shared_ptr<const TorchFile> DcpFolder::open_item(const DcpChunk& chunk) const {
  return TorchFile::open(files_[chunk.file], static_cast<std::uint64_t>(chunk.offset),
                         static_cast<std::uint64_t>(chunk.length));
}

StoredTensor DcpFolder::item(const DcpTensor& tensor, const DcpChunk& chunk) const {
  const std::shared_ptr<const TorchFile> file = open_item(chunk);
  StoredTensor out = file->tensor(file->root(), tensor.name);
  const auto extent = metadata_.extent(tensor, chunk);
  const std::vector<std::int64_t> wanted(extent.begin(), extent.end());
  if (out.shape != wanted || out.dtype != tensor.dtype)
    throw UserError(file->path() + ": an item of " + printable(tensor.name) + " is " +
                    out.dtype_name + " " + shape_text(out.shape) + ", .metadata says " +
                    tensor.dtype_name + " " + shape_text(wanted));
  return out;
}

StoredTensor DcpFolder::tensor(const DcpTensor& tensor) const {
  StoredTensor out;
  out.name = tensor.name;
  out.dtype = tensor.dtype;
  out.dtype_name = name_of(tensor.dtype.value());
  out.shape = tensor.shape;
  for (std::uint32_t i = 0; i < tensor.chunks; ++i) {
    const DcpChunk& chunk = metadata_.chunks[tensor.first_chunk + i];
    Tile tile = tiles_of(item(tensor, chunk)).front();
    const auto begin = metadata_.begin(tensor, chunk);
    tile.begin.assign(begin.begin(), begin.end());
    out.tiles.push_back(std::move(tile));
  }
  return simplified(std::move(out));
}

std::vector<StoredTensor> DcpFolder::tensors() const {
  const std::vector<const DcpTensor*> wanted = weights();
  std::vector<StoredTensor> out(wanted.size());
  parallel_loop(wanted.size(), [&](std::size_t i) { out[i] = tensor(*wanted[i]); });
  return out;
}

std::optional<std::int64_t> DcpFolder::number(const std::string& name) const {
  for (const DcpTensor& tensor : metadata_.tensors) {
    if (tensor.name != name || !tensor.shape.empty() || tensor.chunks != 1) continue;
    const auto file = open_item(metadata_.chunks[tensor.first_chunk]);
    const StoredTensor stored = file->tensor(file->root(), name);
    std::int64_t value = 0;
    if (stored.dtype_name == "I64" && stored.data) std::memcpy(&value, stored.data, sizeof value);
    if (stored.dtype_name == "I32" && stored.data) {
      std::int32_t narrow = 0;
      std::memcpy(&narrow, stored.data, sizeof narrow);
      value = narrow;
    }
    return value > 0 ? std::optional<std::int64_t>(value) : std::nullopt;
  }
  for (const DcpBytes& bytes : metadata_.byte_entries) {
    if (bytes.name != name) continue;
    const auto file = TorchFile::open(files_[bytes.file], static_cast<std::uint64_t>(bytes.offset),
                                      static_cast<std::uint64_t>(bytes.length));
    return whole(&file->root());
  }
  return {};
}

std::vector<std::string> DcpFolder::warnings() const {
  constexpr auto kTick = std::chrono::seconds(2);  // of the coarsest file systems
  std::error_code error;
  const auto written = fs::last_write_time(folder_ / kMetadata, error);
  std::string newest;
  auto latest = written + kTick;
  std::int64_t count = 0;
  for (const std::string& name : metadata_.files) {
    const auto shard = fs::last_write_time(folder_ / name, error);
    if (error || shard <= written + kTick) continue;
    ++count;
    if (shard > latest) newest = name, latest = shard;
  }
  if (count == 0) return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(latest - written).count();
  return {std::to_string(count) + " of " + std::to_string(metadata_.files.size()) +
          " shards are newer than .metadata, " + newest + " by " + std::to_string(seconds) +
          " s: overwritten in part, or copied without times"};
}

}  // namespace flm
