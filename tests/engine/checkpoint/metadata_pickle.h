// Pickles of torch.distributed.checkpoint's Metadata, made by hand: no memo, but the same opcodes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/engine/checkpoint/torch_bytes.h"

namespace flm {

using PickledSizes = std::vector<std::int64_t>;

inline std::string pickled_long(std::int64_t value) {
  return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(value), 8);
}

inline std::string pickled_size(const PickledSizes& sizes) {
  std::string out = "ctorch\nSize\n((";
  for (std::int64_t size : sizes) out += pickled_long(size);
  return out + "ttR";
}

/// An object of a class of torch.distributed.checkpoint, with its attributes.
inline std::string pickled_object(const std::string& name, const std::string& attributes) {
  return "ctorch.distributed.checkpoint." + name + "\n)\x81}(" + attributes + "ub";
}

struct PickledChunk {
  PickledSizes begin, extent;
};

struct PickledEntry {
  std::string name;
  PickledSizes shape;
  std::vector<PickledChunk> chunks;
  std::string dtype = "float32";
};

struct PickledPlace {
  std::string name;
  PickledSizes begin;
  std::string file = "__0_0.distcp";
  std::string offset = pickled_long(0), length = pickled_long(100);
  std::string transforms = "N";
};

inline std::string pickled_entry(const PickledEntry& entry) {
  std::string chunks;
  for (const PickledChunk& chunk : entry.chunks) {
    chunks += pickled_object("metadata\nChunkStorageMetadata",
                             pickled_text("offsets") + pickled_size(chunk.begin) +
                                 pickled_text("sizes") + pickled_size(chunk.extent));
  }
  const std::string properties =
      "ctorch.distributed.checkpoint.metadata\nTensorProperties\n)\x81(ctorch\n" + entry.dtype +
      "\nN\x89N\x89tb";
  return pickled_text(entry.name) +
         pickled_object("metadata\nTensorStorageMetadata",
                        pickled_text("properties") + properties + pickled_text("size") +
                            pickled_size(entry.shape) + pickled_text("chunks") + "](" + chunks +
                            "e");
}

inline std::string pickled_place(const PickledPlace& place) {
  return pickled_object("metadata\nMetadataIndex", pickled_text("fqn") + pickled_text(place.name) +
                                                       pickled_text("offset") +
                                                       pickled_size(place.begin)) +
         pickled_object("filesystem\n_StorageInfo",
                        pickled_text("relative_path") + pickled_text(place.file) +
                            pickled_text("offset") + place.offset + pickled_text("length") +
                            place.length + pickled_text("transform_descriptors") +
                            place.transforms);
}

inline std::string pickled_metadata(const std::vector<PickledEntry>& entries,
                                    const std::vector<PickledPlace>& places) {
  std::string first, second;
  for (const PickledEntry& entry : entries) first += pickled_entry(entry);
  for (std::size_t i = 0; i < places.size(); ++i)  // in batches of a thousand, as pickle has them
    second += (i > 0 && i % 1000 == 0 ? "u(" : "") + pickled_place(places[i]);
  return "\x80\x04" +
         pickled_object("metadata\nMetadata", pickled_text("state_dict_metadata") + "}(" + first +
                                                  "u" + pickled_text("planner_data") + "}" +
                                                  pickled_text("storage_data") + "}(" + second +
                                                  "u") +
         ".";
}

}  // namespace flm
