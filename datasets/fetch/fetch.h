// flmeval data fetch: a set's official files into the data root.
#pragma once

#include <string>

#include "base/progress.h"
#include "datasets/sources/manifest.h"

namespace flm {

/// Fetches what is not there yet, checks every file and puts it into the root. A file whose
/// checksum is not the pinned one is removed and a UserError. Returns the number of files fetched.
int fetch_dataset(const DatasetManifest& set, const std::string& root, Progress& progress);

/// The same by name; an unknown set, or one that must be fetched by hand, is a UserError that says
/// how.
int fetch_dataset(const std::string& name, const std::string& root, Progress& progress);

}  // namespace flm
