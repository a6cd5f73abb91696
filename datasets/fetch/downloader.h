// Files over HTTPS, resumable. downloader.cc with libcurl, no_downloader.cc without.
#pragma once

#include <memory>
#include <string>

#include "base/progress.h"

namespace flm {

class Downloader {
 public:
  /// UserError where the program was built without libcurl.
  explicit Downloader(Progress& progress);
  ~Downloader();
  /// Puts the bytes at `url` into the file `path`, through PATH.part, which a later call goes on
  /// with. https, or http to this machine. A server's refusal, or a connection that keeps breaking,
  /// is a UserError.
  void get(const std::string& url, const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flm
