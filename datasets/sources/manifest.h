// What we know of a data set: official source, licence, ids, the ways in which its files lie.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "base/documents/yaml.h"
#include "datasets/sources/columns.h"

namespace flm {

/// The files of a split and which of their rows belong to it.
struct SplitRule {
  std::vector<std::string> files;  // read in order; {name} is the configuration
  /// Rows [first, last) of the files together, as in Python: negative ones count from the end.
  std::optional<std::int64_t> first, last;
  std::string range_column;  // "" = every row; else rows whose whole number lies in the range
  std::int64_t least = 0, most = 0;
};

/// One way in which copies of the set lie.
struct DatasetLayout {
  std::string folder;               // below the data root
  std::string archive;              // a zip in `folder` that may hold the files, or ""
  std::string needs;                // a file without which this is another layout, or ""
  std::string format;               // read_rows
  std::vector<std::string> header;  // columns of files without a header line
  std::map<std::string, SplitRule> splits;
  std::vector<ManifestColumn> columns;  // empty: as in the file
  std::string note;     // what differs from the official set; shown where this layout is used
  std::string refused;  // another text under the set's name: what to do but score it so; "" = none
};

/// What `data fetch` gets: with {file} in the addresses every file of the checksum list, else one
/// archive, which is kept for the first layout or unpacked into it.
struct FetchRule {
  std::vector<std::string> urls;  // tried in turn; none = nothing can be fetched
  std::string sha256;             // of the archive
  std::string unpack;             // the folder in the archive that becomes the set's; "" = keep it
};

/// One file datasets/manifests/NAME.yaml.
struct DatasetManifest {
  std::string name, source, licence;
  std::vector<std::string> huggingface;     // ids that task files use
  std::vector<std::string> configurations;  // the dataset_names it answers for; empty: every one
  std::string builtin;                      // folder of the built-in sample; "" = samples/FOLDER
  std::string get;                          // what a user does where nothing can be fetched
  std::vector<DatasetLayout> layouts;       // the first that is there is read
  FetchRule fetch;
  std::map<std::string, std::string> sha256;  // official file -> of its bytes, decompressed
  std::string copy;  // in what the known copy differs from the official rows, or ""
  std::map<std::string, std::string> copy_sha256;

  const std::string& folder() const { return layouts[0].folder; }
  bool answers(const std::string& id, const std::string& configuration) const;
};

/// Every manifest, sorted by name.
std::vector<DatasetManifest> read_manifests(const std::string& folder);

/// Lines "HEX  FILE" as sha256sum writes them; an absent file gives none.
std::map<std::string, std::string> read_checksums(const std::string& path);

}  // namespace flm
