// A set whose official source is one archive: its files in the root, and the record of them.
#pragma once

#include <map>
#include <string>

#include "datasets/sources/manifest.h"

namespace flm {

/// The SHA-256 of a file of any size.
std::string file_sha256(const std::string& path);

/// Unpacks the files that the set's first layout names into `folder`, and records their checksums
/// in `folder` (record_name). Returns their number; none is a UserError.
int unpack_official(const DatasetManifest& set, const std::string& archive,
                    const std::string& folder);

/// The file that records what came out of the pinned archive: unpacked-HEX.sha256, as sha256sum
/// writes and reads it.
std::string record_name(const DatasetManifest& set);

/// The record in `folder`: file -> SHA-256; empty where the pinned archive was not unpacked there.
std::map<std::string, std::string> unpacked_record(const DatasetManifest& set,
                                                   const std::string& folder);

}  // namespace flm
