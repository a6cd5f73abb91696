// Stands in for downloader.cc where libcurl is not there.
#include "base/errors.h"
#include "datasets/fetch/downloader.h"

namespace flm {

struct Downloader::State {};

Downloader::Downloader(Progress&) {
  throw UserError(
      "this flmeval was built without libcurl and cannot fetch; install libcurl4-openssl-dev and "
      "build again, or fetch by hand: flmeval data list tells the sources");
}
Downloader::~Downloader() = default;
void Downloader::get(const std::string&, const std::string&) {}

}  // namespace flm
