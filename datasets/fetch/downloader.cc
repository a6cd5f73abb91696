#include "datasets/fetch/downloader.h"

#include <curl/curl.h>

#include <filesystem>
#include <fstream>

#include "base/errors.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

constexpr int kAttempts = 4;
constexpr curl_off_t kMostBytes = curl_off_t{4} << 30;

/// One answer of the server on its way into PATH.part.
struct Transfer {
  CURL* curl;
  std::string part, what;
  std::ofstream out;
  curl_off_t resumed = 0;
  Progress* progress;

  long status() const {
    long code = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    return code;
  }

  void open() {
    out.open(part, std::ios::binary | (resumed > 0 ? std::ios::app : std::ios::trunc));
  }
};

std::size_t write_bytes(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.status() >= 300) return size * count;  // the text of an error
  if (!transfer.out.is_open()) transfer.open();
  transfer.out.write(bytes, static_cast<std::streamsize>(size * count));
  return transfer.out ? size * count : 0;
}

int show_progress(void* user, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (total > 0)
    transfer.progress->update(transfer.what, transfer.resumed + now, transfer.resumed + total);
  return 0;
}

bool is_local(const std::string& url) {
  for (const char* host : {"http://127.0.0.1:", "http://localhost:", "http://127.0.0.1/"})
    if (url.starts_with(host)) return true;
  return false;
}

}  // namespace

struct Downloader::State {
  CURL* curl;
  Progress& progress;

  void set_up(Transfer& transfer, const std::string& url) const {
    curl_easy_reset(curl);
    const char* protocols = is_local(url) ? "http" : "https";
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, kMostBytes);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "flmeval");
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, transfer.resumed);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, show_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  }

  /// Empty where the file is whole, else what went wrong.
  std::string attempt(const std::string& url, const std::string& part) const {
    Transfer transfer{curl, part, fs::path(part).stem().string(), {}, 0, &progress};
    if (fs::is_regular_file(part)) transfer.resumed = static_cast<curl_off_t>(fs::file_size(part));
    set_up(transfer, url);
    const CURLcode code = curl_easy_perform(curl);
    const long status = transfer.status();
    if (transfer.out.is_open()) transfer.out.close();
    if (status == 416 || code == CURLE_RANGE_ERROR) {  // the part is too long, or cannot go on
      fs::remove(part);
      return "the server does not go on after the part that is here";
    }
    if (status >= 400)
      throw UserError(
          "the server answers " + std::to_string(status) +
          (status == 401 || status == 403 ? " (are there terms to accept first?)" : "") +
          "; see flmeval data list for the source, and fetch by hand: " + url);
    if (code == CURLE_WRITE_ERROR) throw UserError("cannot write (is the disk full?): " + part);
    if (code != CURLE_OK) return curl_easy_strerror(code);
    if (!fs::exists(part)) std::ofstream(part, std::ios::binary);  // an empty file
    return "";
  }
};

Downloader::Downloader(Progress& progress) : state_(new State{curl_easy_init(), progress}) {
  FLM_CHECK(state_->curl != nullptr, "curl_easy_init");
}

Downloader::~Downloader() { curl_easy_cleanup(state_->curl); }

void Downloader::get(const std::string& url, const std::string& path) {
  if (!url.starts_with("https://") && !is_local(url))
    throw UserError("only https addresses are fetched: " + url);
  const std::string part = path + ".part";
  std::string problem;
  for (int i = 0; i < kAttempts; ++i) {
    problem = state_->attempt(url, part);
    if (problem.empty()) {
      fs::rename(part, path);
      return;
    }
  }
  throw UserError("cannot fetch: " + problem +
                  "; type the command again, it goes on where it stopped: " + url);
}

}  // namespace flm
