// An archive into a folder.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "datasets/fetch/archive_members.h"

namespace flm {

/// Where a member goes, relative to the folder; "" = it is not wanted.
using PlaceMember = std::function<std::string(const std::string& member)>;

/// Unpacks the wanted members into `folder` and returns their places, sorted. Nothing is put there
/// before the whole archive was read; then files of the same names are replaced. UserError: what
/// ArchiveMembers refuses, and a wanted member that is a link or a device or comes twice.
std::vector<std::string> unpack_archive(const std::string& archive, const std::string& folder,
                                        const PlaceMember& place, const ArchiveLimits& limits = {});

}  // namespace flm
