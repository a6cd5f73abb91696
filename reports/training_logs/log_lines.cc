#include "reports/training_logs/log_lines.h"

#include <zlib.h>

#include <vector>

#include "base/errors.h"
#include "base/system/read_from.h"

namespace flm {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;
constexpr std::string_view kGzip = "\x1f\x8b", kByteOrderMark = "\xEF\xBB\xBF";

std::size_t read_piece(std::istream& bytes, const std::string& path, std::vector<char>& into) {
  into.resize(kPiece);
  return read_from(bytes, into.data(), into.size(), path);
}

}  // namespace

/// A gzip file is one or several members; one that is still being written has no end.
class LogLines::Inflater {
 public:
  explicit Inflater(std::string_view begin) : input_(begin.begin(), begin.end()) {
    FLM_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK, "zlib begins");
    point_to(input_.size());
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Up to a piece more of the text; nothing at the end.
  std::string more(std::istream& bytes, const std::string& path) {
    std::string out(kPiece, '\0');
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    while (stream_.avail_out == out.size()) {
      if (stream_.avail_in == 0) point_to(read_piece(bytes, path, input_));
      if (stream_.avail_in == 0) break;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END)
        inflateReset(&stream_);
      else if (code != Z_OK && code != Z_BUF_ERROR)
        throw UserError("the gzipped log is damaged, copy it again: " + path);
    }
    out.resize(out.size() - stream_.avail_out);
    return out;
  }

 private:
  void point_to(std::size_t size) {
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(size);
  }

  z_stream stream_ = {};
  std::vector<char> input_;
};

LogLines::LogLines(std::istream& bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {}

LogLines::~LogLines() = default;

std::string LogLines::where() const { return path_ + ":" + std::to_string(number_); }

bool LogLines::refill() {
  buffer_.erase(0, at_);
  at_ = 0;
  if (buffer_.size() > kLongestLine)
    throw UserError("a line of more than 64 MiB; this is no log that a person reads: " + where());
  std::string more;
  if (inflater_) {
    more = inflater_->more(bytes_, path_);
  } else {
    std::vector<char> piece;
    const std::size_t size = read_piece(bytes_, path_, piece);
    more.assign(piece.data(), size);
  }
  buffer_ += more;
  return !more.empty();
}

std::optional<std::string_view> LogLines::next() {
  if (first_) {
    first_ = false;
    refill();
    if (buffer_.starts_with(kGzip)) {
      inflater_ = std::make_unique<Inflater>(buffer_);
      buffer_.clear();
      refill();
    }
    if (buffer_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }
  std::size_t end = buffer_.find_first_of("\r\n", at_);
  for (std::size_t seen = buffer_.size() - at_; end == std::string::npos; seen = buffer_.size()) {
    if (!refill()) break;
    end = buffer_.find_first_of("\r\n", seen);
  }
  ended_ = end != std::string::npos;
  if (!ended_ && at_ == buffer_.size()) return std::nullopt;
  const std::size_t begin = at_, stop = ended_ ? end : buffer_.size();
  at_ = ended_ ? end + 1 : buffer_.size();
  // Of \r\n the second half gives an empty line, which has no number of its own.
  number_ += begin == stop && begin > 0 && buffer_[begin - 1] == '\r' ? 0 : 1;
  return std::string_view(buffer_).substr(begin, stop - begin);
}

}  // namespace flm
