// data fetch against a server of this test on 127.0.0.1: resume, checksums, refusals.
#include "datasets/fetch/fetch.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/files.h"
#include "datasets/fetch/downloader.h"
#include "datasets/fetch/official_archive.h"
#include "datasets/sources/locate.h"
#include "tests/datasets/made_archive.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Serves files by name, one connection after the other. The first `cuts` answers of a file break
/// off half-way.
class Server {
 public:
  Server() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  std::string url(const std::string& name) const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + name;
  }
  std::vector<std::string> ranges() {
    const std::lock_guard lock(mutex_);
    return ranges_;
  }

  std::map<std::string, std::string> files;  // set before the first request
  std::atomic<int> cuts{0};
  bool knows_ranges = true;

 private:
  void serve() {
    for (;;) {
      const int client = ::accept(socket_, nullptr, nullptr);
      if (client < 0) return;
      answer(client);
      ::close(client);
    }
  }

  void answer(int client) {
    std::string head;
    char block[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = ::recv(client, block, sizeof block, 0);
      if (count <= 0) return;
      head.append(block, static_cast<std::size_t>(count));
    }
    const std::string name = head.substr(5, head.find(' ', 5) - 5);
    const std::size_t range = head.find("Range: bytes=");
    std::size_t first = 0;
    {
      const std::lock_guard lock(mutex_);
      ranges_.push_back(range == std::string::npos
                            ? ""
                            : head.substr(range + 13, head.find("\r\n", range) - range - 13));
      if (knows_ranges && !ranges_.back().empty()) first = std::stoul(ranges_.back());
    }
    const auto file = files.find(name);
    if (file == files.end()) return send(client, "404 Not Found", "no such file", 0);
    if (first > 0 && first >= file->second.size())
      return send(client, "416 Range Not Satisfiable", "", 0);
    const std::string body = file->second.substr(first);
    const bool cut = cuts > 0 && cuts-- > 0;
    const std::size_t size = file->second.size();
    const std::string range_line = "206 Partial Content\r\nContent-Range: bytes " +
                                   std::to_string(first) + "-" + std::to_string(size - 1) + "/" +
                                   std::to_string(size);
    send(client, first > 0 ? range_line : "200 OK", body, cut ? body.size() / 2 : 0);
  }

  void send(int client, const std::string& status, const std::string& body, std::size_t missing) {
    const std::string all = "HTTP/1.1 " + status +
                            "\r\nContent-Length: " + std::to_string(body.size()) +
                            "\r\nConnection: close\r\n\r\n" + body.substr(0, body.size() - missing);
    ::send(client, all.data(), all.size(), MSG_NOSIGNAL);
  }

  int socket_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> ranges_;
  std::thread thread_;
};

class Fetch : public ::testing::Test {
 protected:
  Fetch() {
    for (int i = 0; i < 20000; ++i) text_ += "line " + std::to_string(i) + "\n";
    set_.name = "toy";
    set_.layouts.resize(1);
    set_.layouts[0].folder = "toy";
    set_.sha256 = {{"dev/a.jsonl", sha256_hex(text_)}, {"b.jsonl", sha256_hex("b\n")}};
    server_.files = {{"data/dev/a.jsonl", text_}, {"data/b.jsonl", "b\n"}};
    set_.fetch.urls = {server_.url("data/{file}")};
  }

  int fetch() { return fetch_dataset(set_, root_.string(), progress_); }

  const TemporaryFolder made_;
  const fs::path root_ = made_.path();
  std::string text_;
  Server server_;
  DatasetManifest set_;
  SilentProgress progress_;
};

TEST_F(Fetch, PutsEveryPinnedFileIntoTheRootOnce) {
  EXPECT_EQ(fetch(), 2);
  EXPECT_EQ(read_file((root_ / "toy/dev/a.jsonl").string()), text_);
  EXPECT_EQ(read_file((root_ / "toy/b.jsonl").string()), "b\n");
  EXPECT_FALSE(fs::exists(root_ / "toy/b.jsonl.part"));
  EXPECT_EQ(fetch(), 0) << "all there";
  EXPECT_EQ(server_.ranges().size(), 2u);
}

TEST_F(Fetch, GoesOnWhereAConnectionBroke) {
  server_.cuts = 2;
  set_.sha256.erase("b.jsonl");
  EXPECT_EQ(fetch(), 1);
  EXPECT_EQ(read_file((root_ / "toy/dev/a.jsonl").string()), text_);
  const std::vector<std::string> ranges = server_.ranges();
  ASSERT_EQ(ranges.size(), 3u);
  const std::size_t half = text_.size() - text_.size() / 2;
  EXPECT_EQ(ranges[1], std::to_string(half) + "-");
  EXPECT_NE(ranges[2], ranges[1]);
}

TEST_F(Fetch, GoesOnWithThePartOfAnEarlierCall) {
  server_.cuts = 4;
  set_.sha256.erase("b.jsonl");
  EXPECT_THAT(error_of([&] { fetch(); }), HasSubstr("it goes on where it stopped: http://127"));
  const auto size = fs::file_size(root_ / "toy/dev/a.jsonl.part");
  EXPECT_GT(size, text_.size() / 2);
  EXPECT_EQ(fetch(), 1);
  EXPECT_EQ(server_.ranges().back(), std::to_string(size) + "-");
  EXPECT_EQ(read_file((root_ / "toy/dev/a.jsonl").string()), text_);
}

TEST_F(Fetch, AServerWithoutRangesSendsAllAgain) {
  server_.knows_ranges = false;
  fs::create_directories(root_ / "toy/dev");
  std::ofstream(root_ / "toy/dev/a.jsonl.part") << "line 0\n";
  EXPECT_EQ(fetch(), 2);
  EXPECT_EQ(read_file((root_ / "toy/dev/a.jsonl").string()), text_);
}

TEST_F(Fetch, APartThatIsTooLongIsBegunAgain) {
  fs::create_directories(root_ / "toy");
  std::ofstream(root_ / "toy/b.jsonl.part") << "something longer";
  EXPECT_EQ(fetch(), 2);
  EXPECT_EQ(read_file((root_ / "toy/b.jsonl").string()), "b\n");
}

TEST_F(Fetch, AnotherChecksumIsRefusedAndTheFileRemoved) {
  server_.files["data/b.jsonl"] = "changed\n";
  EXPECT_THAT(error_of([&] { fetch(); }),
              HasSubstr("is not the known one and was removed (sha256 " + sha256_hex("changed\n")));
  EXPECT_FALSE(fs::exists(root_ / "toy/b.jsonl"));
}

TEST_F(Fetch, TheServersRefusalIsSaid) {
  set_.fetch.urls = {server_.url("nowhere/{file}")};
  EXPECT_THAT(error_of([&] { fetch(); }), HasSubstr("the server answers 404"));
}

TEST_F(Fetch, AnArchiveIsKeptAsItIs) {
  set_.fetch = {{server_.url("data/b.jsonl")}, sha256_hex("b\n"), ""};
  set_.layouts[0].archive = "set.zip";
  EXPECT_EQ(fetch(), 1);
  EXPECT_EQ(read_file((root_ / "toy/set.zip").string()), "b\n");
}

TEST_F(Fetch, OnlyHttpsOutsideThisMachine) {
  EXPECT_THAT(
      error_of([&] { Downloader(progress_).get("http://example.org/x", (root_ / "x").string()); }),
      HasSubstr("only https addresses are fetched"));
  EXPECT_THAT(
      error_of([&] { Downloader(progress_).get("file:///etc/passwd", (root_ / "x").string()); }),
      HasSubstr("only https addresses are fetched"));
}

/// The toy set as one archive: set-1.0/dev/SUBJECT_dev.csv and a corpus that nobody wants.
class FetchArchive : public Fetch {
 protected:
  void offer(const std::string& format) {
    archive_ = made_archive(format, {{"set-1.0/dev/law_dev.csv", "q,A\n"},
                                     {"set-1.0/dev/art_dev.csv", "r,B\n"},
                                     {"set-1.0/corpus.txt", text_},
                                     {"__MACOSX/._dev", "x"}});
    server_.files["official/" + name_] = archive_;
    set_.sha256.clear();
    set_.layouts[0].splits["dev"].files = {"dev/{name}_dev.csv"};
    set_.fetch = {{server_.url("official/" + name_)}, sha256_hex(archive_), "set-1.0"};
  }
  std::string file(const std::string& name) { return read_file((root_ / "toy" / name).string()); }

  std::string name_ = "set-1.0.archive", archive_;
};

TEST_F(FetchArchive, EveryFormatIsUnpackedIntoTheLayoutOnce) {
  for (const char* format : {"zip", "tar", "tar.gz", "tar.xz", "tar.zst"}) {
    SCOPED_TRACE(format);
    fs::remove_all(root_);
    offer(format);
    const std::size_t before = server_.ranges().size();
    EXPECT_EQ(fetch(), 2);
    EXPECT_EQ(file("dev/law_dev.csv"), "q,A\n");
    EXPECT_EQ(file("dev/art_dev.csv"), "r,B\n");
    EXPECT_FALSE(fs::exists(root_ / "toy/corpus.txt")) << "not in the layout";
    EXPECT_FALSE(fs::exists(root_ / "toy" / name_)) << "unpacked and gone";
    EXPECT_EQ(file(record_name(set_)), sha256_hex("r,B\n") + "  dev/art_dev.csv\n" +
                                           sha256_hex("q,A\n") + "  dev/law_dev.csv\n");
    EXPECT_EQ(fetch(), 0) << "all there";
    EXPECT_EQ(server_.ranges().size(), before + 1);
  }
}

TEST_F(FetchArchive, GoesOnWhereAConnectionBroke) {
  offer("tar");
  server_.cuts = 2;
  EXPECT_EQ(fetch(), 2);
  EXPECT_EQ(server_.ranges().size(), 3u);
  EXPECT_EQ(file("dev/law_dev.csv"), "q,A\n");
}

TEST_F(FetchArchive, AChangedFileIsFetchedAgain) {
  offer("tar.gz");
  fetch();
  std::ofstream(root_ / "toy/dev/law_dev.csv") << "changed\n";
  EXPECT_EQ(fetch(), 2);
  EXPECT_EQ(file("dev/law_dev.csv"), "q,A\n");
}

TEST_F(FetchArchive, AnotherArchiveIsRefusedBeforeItIsUnpacked) {
  offer("zip");
  server_.files["official/" + name_] = made_archive("zip", {{"set-1.0/dev/law_dev.csv", "evil\n"}});
  EXPECT_THAT(error_of([&] { fetch(); }), HasSubstr("is not the known one and was removed"));
  EXPECT_FALSE(fs::exists(root_ / "toy/dev"));
}

TEST_F(FetchArchive, OneThatLiesThereIsUsedAndKept) {
  offer("zip");
  fs::create_directories(root_ / "toy");
  std::ofstream(root_ / "toy" / name_, std::ios::binary) << archive_;
  EXPECT_EQ(fetch(), 2);
  EXPECT_TRUE(server_.ranges().empty());
  EXPECT_EQ(file(name_), archive_);
}

TEST_F(FetchArchive, WithoutTheFilesItIsRefused) {
  offer("zip");
  set_.fetch.unpack = "set-2.0";
  EXPECT_THAT(error_of([&] { fetch(); }),
              HasSubstr("holds none of the files of toy in its folder set-2.0"));
}

TEST_F(FetchArchive, TheNextAddressIsTried) {
  offer("tar");
  set_.fetch.urls.insert(set_.fetch.urls.begin(), server_.url("moved/" + name_));
  EXPECT_EQ(fetch(), 2);
  EXPECT_EQ(file("dev/law_dev.csv"), "q,A\n");
  set_.fetch.urls = {server_.url("moved/x"), server_.url("moved/y")};
  fs::remove_all(root_);
  EXPECT_THAT(error_of([&] { fetch(); }), HasSubstr("/moved/y"));
}

/// Every manifest that can be fetched pins what it fetches, and the one that cannot says what to
/// do.
TEST(Manifests, PinWhatIsFetched) {
  for (const DatasetManifest& set : read_manifests(datasets_folder() + "/manifests")) {
    SCOPED_TRACE(set.name);
    if (set.fetch.urls.empty()) {
      EXPECT_EQ(set.name, "bpb");
      continue;
    }
    for (const std::string& url : set.fetch.urls) {
      EXPECT_TRUE(url.starts_with("https://")) << url;
      EXPECT_EQ(url.find("{file}") == std::string::npos, !set.fetch.sha256.empty()) << url;
    }
    EXPECT_FALSE(set.fetch.sha256.empty() && set.sha256.empty());
    if (!set.fetch.sha256.empty()) {
      EXPECT_EQ(set.fetch.sha256.size(), 64u);
      EXPECT_NE(set.layouts[0].archive.empty(), set.fetch.unpack.empty()) << "kept or unpacked";
    }
    for (const auto& [file, hex] : set.sha256) EXPECT_EQ(hex.size(), 64u) << file;
    EXPECT_THAT(how_to_get(set), HasSubstr("flmeval data fetch " + set.name));
  }
}

TEST_F(Fetch, ASetWithoutAnAddressSaysWhatToDo) {
  EXPECT_THAT(error_of([&] { fetch_dataset(std::string("bpb"), root_.string(), progress_); }),
              HasSubstr("bpb cannot be fetched"));
  EXPECT_THAT(error_of([&] { fetch_dataset(std::string("x"), root_.string(), progress_); }),
              HasSubstr("known: arc, bbh"));
  EXPECT_THAT(error_of([&] { fetch_dataset(std::string("gsm8k"), "/proc/none", progress_); }),
              HasSubstr("cannot write"));
  EXPECT_THAT(error_of([&] { fetch_dataset(std::string("gsm8k"), "", progress_); }),
              HasSubstr("give --data DIR"));
}

}  // namespace
}  // namespace flm
