// The rooms of the house and what each may include, as rooms.txt says it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace flm::layering {

class Rooms {
 public:
  /// Reads rooms.txt. A room that stands twice, or names one that does not stand above it, is a
  /// std::runtime_error with its line.
  static Rooms parse(std::string_view text);

  /// The room of a path relative to the root: the header itself, else the innermost folder that has
  /// a line; "" for a path in no room.
  std::string room_of(const std::string& path) const;

  /// Why a file at `from` may not include `to`; "" where it may.
  std::string edge_problem(const std::string& from, const std::string& to) const;

  std::vector<std::string> names() const;

 private:
  std::map<std::string, std::set<std::string>> allowed_;
};

}  // namespace flm::layering
