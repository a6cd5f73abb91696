#include "engine/checkpoint/formats/safetensors_header.h"

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/errors.h"
#include "base/text/printable.h"

namespace flm {
namespace {

constexpr const char* kMetadata = "__metadata__";
constexpr std::size_t kMostSafetensorsDimensions = 8;

/// A header is {name: {"dtype": text, "shape": [n...], "data_offsets": [n, n]}, "__metadata__":
/// {key: text}}.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(const std::string& path, std::vector<SafetensorsEntry>& entries)
      : path_(path), entries_(entries) {}

  bool start_object(std::size_t) override {
    if (depth_ == 0) return ++depth_, true;
    if (depth_ != 1) return refuse("an object where none belongs");
    if (!in_metadata_) entries_.push_back({key_, "", {}, {}});
    fields_.clear();
    return ++depth_, true;
  }
  bool end_object() override {
    if (depth_ == 2 && !in_metadata_ && fields_.size() != 3) {
      return refuse("tensor " + printable(entries_.back().name) +
                    " lacks dtype, shape or data_offsets");
    }
    return --depth_, true;
  }
  bool key(std::string& name) override {
    if (depth_ == 1) {
      if (!names_.insert(name).second) return refuse("tensor " + printable(name) + " stands twice");
      in_metadata_ = name == kMetadata;
    } else {
      if (!fields_.insert(name).second)
        return refuse("key " + printable(name) + " of " + printable(key_) + " stands twice");
      if (!in_metadata_ && name != "dtype" && name != "shape" && name != "data_offsets") {
        return refuse("tensor " + printable(key_) + " has an unknown key " + printable(name));
      }
    }
    (depth_ == 1 ? key_ : field_) = name;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_metadata_ || (field_ != "shape" && field_ != "data_offsets")) {
      return refuse("an array where none belongs");
    }
    return ++depth_, true;
  }
  bool end_array() override { return --depth_, true; }

  bool string(std::string& value) override {
    if (depth_ != 2 || (!in_metadata_ && field_ != "dtype"))
      return refuse("a string where none belongs");
    if (!in_metadata_) entries_.back().dtype = value;
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    if (depth_ != 3) return refuse("a number where none belongs");
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return refuse("tensor " + printable(key_) + ": impossible number in its " + field_);
    }
    std::vector<std::int64_t>& list =
        field_ == "shape" ? entries_.back().shape : entries_.back().offsets;
    if (list.size() == kMostSafetensorsDimensions)
      return refuse("tensor " + printable(key_) + ": too many numbers in its " + field_);
    list.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  bool number_integer(std::int64_t) override { return refuse_number(); }
  bool number_float(double, const std::string&) override { return refuse_number(); }
  bool null() override { return refuse("a null where none belongs"); }
  bool boolean(bool) override { return refuse("a boolean where none belongs"); }
  bool binary(nlohmann::json::binary_t&) override { return refuse("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    throw UserError(path_ + ": the header is not valid JSON at byte " + std::to_string(position) +
                    " of it: the file is damaged, download it again");
  }

 private:
  bool refuse_number() {
    return refuse("tensor " + printable(key_) + ": " + printable(field_) +
                  " must hold whole numbers from 0");
  }
  [[noreturn]] bool refuse(const std::string& what) {
    throw UserError(path_ + ": not a safetensors header: " + what + "; download it again");
  }

  const std::string& path_;
  std::vector<SafetensorsEntry>& entries_;
  std::unordered_set<std::string> names_, fields_;
  std::string key_, field_;
  bool in_metadata_ = false;
  int depth_ = 0;  // 1: the header, 2: one tensor, 3: its shape or offsets
};

}  // namespace

std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view header,
                                                       const std::string& path) {
  std::vector<SafetensorsEntry> entries;
  if (header.empty() || header.front() != '{') {
    throw UserError(path +
                    ": not a safetensors header: it does not begin with '{'; download it again");
  }
  HeaderReader reader(path, entries);
  FLM_CHECK(nlohmann::json::sax_parse(header.begin(), header.end(), &reader),
            "SAX stopped in silence");
  return entries;
}

bool begins_as_safetensors(std::string_view file) {
  std::uint64_t length = 0;
  if (file.size() < sizeof length + 2) return false;
  std::memcpy(&length, file.data(), sizeof length);
  return length <= file.size() - sizeof length && file.substr(sizeof length).starts_with("{\"");
}

}  // namespace flm
