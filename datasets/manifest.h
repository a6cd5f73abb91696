// What we know of a data set: official source, licence, ids, layout of its files, columns.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "datasets/row_reader.h"

namespace flm {

/// One column of the rows and how it comes out of the file's columns.
struct ManifestColumn {
  enum class Kind { kCopy, kText, kInteger, kLetter, kList, kConfig };
  std::string name;
  Kind kind = Kind::kCopy;
  std::vector<std::string> from;  // source columns; kList: several
  bool optional = false;          // kText: "" where the file lacks the column
};

/// One file datasets/manifests/NAME.yaml.
struct DatasetManifest {
  std::string name, source, licence;
  std::vector<std::string> huggingface;  // ids that task files use
  std::string folder;                    // below the data root
  std::string archive;                   // a zip in `folder` that may hold the files, or ""
  std::string builtin;                   // folder of the built-in sample; "" = samples/FOLDER
  std::string format;
  std::vector<std::string> header;            // columns of files without a header line
  std::map<std::string, std::string> splits;  // split -> file, with {name} for the config
  std::vector<ManifestColumn> columns;        // empty: as in the file
  std::map<std::string, std::string> sha256;  // file -> of its bytes, decompressed
};

/// Every manifest, sorted by name.
std::vector<DatasetManifest> read_manifests(const std::string& folder);

/// Lines "HEX  FILE" as sha256sum writes them; an absent file gives none.
std::map<std::string, std::string> read_checksums(const std::string& path);

/// The rows of the data set's shape out of a file's rows.
std::vector<Json> shape_rows(const DatasetManifest& manifest, const std::string& config,
                             SourceRows rows, const std::string& origin);

}  // namespace flm
