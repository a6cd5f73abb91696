#include "reports/compare/logs/sample_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <limits>
#include <memory>
#include <vector>

#include "base/errors.h"
#include "base/parallel_loop.h"
#include "base/system/system_error.h"

namespace flm {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::size_t kLongestLine = std::numeric_limits<std::int32_t>::max();

struct CloseFile {
  void operator()(gzFile file) const { gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, CloseFile>;

/// zlib reads what is not compressed as it is.
File open_file(const std::string& path) {
  File file(gzopen(path.c_str(), "rb"));
  if (!file) throw UserError("cannot read the samples: " + path);
  gzbuffer(file.get(), 1 << 17);
  return file;
}

std::size_t read_some(gzFile file, char* to, std::size_t bytes, const std::string& path) {
  const int n = gzread(file, to, static_cast<unsigned>(bytes));
  int error = Z_OK;
  gzerror(file, &error);
  // A file that ends within its last member is no error of gzread's, it only says so here.
  if (n < 0 || error != Z_OK)
    throw UserError("the samples are damaged or cut short, copy them again: " + path);
  return static_cast<std::size_t>(n);
}

std::string read_all(const std::string& path) {
  const File file = open_file(path);
  std::string text;
  for (std::size_t got = kPiece; got > 0;) {
    const std::size_t old = text.size();
    text.resize(old + kPiece);
    got = read_some(file.get(), text.data() + old, kPiece, path);
    text.resize(old + got);
  }
  return text;
}

struct Line {
  std::size_t begin = 0, size = 0, number = 0;
};

}  // namespace

SampleFile::SampleFile(std::string path)
    : path_(std::move(path)),
      descriptor_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)),
      gzipped_(path_.ends_with(".gz")) {
  if (descriptor_ < 0) throw system_error("read the samples", path_, errno);
}

SampleFile::~SampleFile() { close(descriptor_); }

void SampleFile::for_each_line(
    const std::function<void(std::string_view, std::size_t, std::size_t)>& parse,
    const std::function<void(const LineSpan&, std::size_t)>& take) const {
  const File file = open_file(path_);
  std::string text;        // what is read and not yet parsed
  std::uint64_t base = 0;  // where it begins in the log
  std::size_t number = 0;
  std::vector<Line> lines;  // of `text`
  const auto flush = [&](std::size_t end) {
    parallel_loop(lines.size(), [&](std::size_t i) {
      parse(std::string_view(text).substr(lines[i].begin, lines[i].size), lines[i].number, i);
    });
    for (std::size_t i = 0; i < lines.size(); ++i)
      take({base + lines[i].begin, static_cast<std::uint32_t>(lines[i].size)}, i);
    lines.clear();
    text.erase(0, end);
    base += end;
  };
  const auto add_line = [&](std::size_t begin, std::size_t end) {
    ++number;
    if (std::string_view(text).substr(begin, end - begin).find_first_not_of(" \t\r") !=
        std::string::npos)
      lines.push_back({begin, end - begin, number});
  };
  std::size_t scanned = 0, begin = 0;  // in `text`
  for (bool more = true; more;) {
    const std::size_t old = text.size();
    if (old - begin > kLongestLine)
      throw UserError("a line of more than 2 GiB is no sample: " + path_);
    text.resize(old + kPiece);
    const std::size_t got = read_some(file.get(), text.data() + old, kPiece, path_);
    text.resize(old + got);
    more = got > 0;
    for (std::size_t end; (end = text.find('\n', scanned)) != std::string::npos;) {
      add_line(begin, end);
      begin = scanned = end + 1;
      if (lines.size() == kLinesAtOnce) {
        flush(begin);
        begin = scanned = 0;
      }
    }
    scanned = text.size();
    if (!lines.empty() && text.size() > 64 * kPiece) {  // long lines: memory stays small
      const std::size_t rest = text.size() - begin;
      flush(begin);
      begin = 0;
      scanned = rest;
    }
  }
  if (begin < text.size()) add_line(begin, text.size());
  flush(text.size());
}

std::string SampleFile::line(const LineSpan& span) const {
  const UserError changed("the samples were changed while they were read: " + path_);
  if (gzipped_) {
    std::call_once(unpacked_, [&] { text_ = read_all(path_); });
    if (span.begin + span.size > text_.size()) throw changed;
    return text_.substr(span.begin, span.size);
  }
  std::string out(span.size, '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = pread(descriptor_, out.data() + done, out.size() - done,
                            static_cast<off_t>(span.begin + done));
    if (n <= 0) throw changed;
    done += static_cast<std::size_t>(n);
  }
  return out;
}

}  // namespace flm
