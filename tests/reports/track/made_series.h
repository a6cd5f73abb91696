// A series made by hand in a store of its own: two domains of bits per byte, a few documents each.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reports/store/store.h"
#include "tests/temporary_folder.h"

namespace flm {

/// A document of a domain: its loss at a checkpoint, its bytes and tokens.
struct MadeDocument {
  double nats = 0, bytes = 0, tokens = 0;
  std::string failure = {};  // "" = it was scored
};

/// By domain: "prose", "code".
using MadeDomains = std::map<std::string, std::vector<MadeDocument>>;

/// What a checkpoint is, beside its figures; all of it may be set.
struct MadeCheckpoint {
  std::int64_t step = 0;
  std::string weights = {};  // "" = "weights of step N"
  std::string written = {};  // "" = step N
  std::string state = "scored", reason = {};
  std::string protocol = "protocol", numerics = "fp32", data = "data";
  std::string created = "2026-11-24T20:30:13Z";
  std::string run = {};                 // id; "" = "run-SERIES-STEP"
  std::string tokens = {}, flops = {};  // of the record
  std::string folder = {};              // "" = the series' own
  int first_doc_id = 0;                 // documents keep their hashes, whatever their ids
  int hidden = 64;
  double parameters = 1000;
};

/// A store in a folder that goes with it.
class MadeStore {
 public:
  MadeStore();
  /// Puts the point, and, where it is scored, its run over the domains and a group over all.
  void add(const std::string& series, const MadeCheckpoint& checkpoint,
           const MadeDomains& domains = {});
  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }
  const std::string& folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace flm
