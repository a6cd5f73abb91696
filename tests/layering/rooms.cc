#include "tests/layering/rooms.h"

#include <sstream>
#include <stdexcept>

namespace flm::layering {
namespace {

/// The foundation and its wings: whoever stands on them sees them all.
bool is_foundation(const std::string& room) { return room == "base" || room.starts_with("base/"); }

[[noreturn]] void refuse(int line, const std::string& why) {
  throw std::runtime_error("rooms.txt:" + std::to_string(line) + ": " + why);
}

}  // namespace

Rooms Rooms::parse(std::string_view text) {
  Rooms rooms;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line);
    std::string room;
    if (!(words >> room) || room.starts_with('#')) continue;
    if (!room.ends_with(':')) refuse(number, "a room wants a colon behind its name: " + room);
    room.pop_back();
    if (rooms.allowed_.contains(room)) refuse(number, "this room stands twice: " + room);
    std::set<std::string> allowed;
    for (std::string other; words >> other;) {
      if (!rooms.allowed_.contains(other))
        refuse(number, room + " names a room that does not stand above it: " + other);
      allowed.insert(other);
    }
    rooms.allowed_[room] = std::move(allowed);
  }
  return rooms;
}

std::string Rooms::room_of(const std::string& path) const {
  for (std::string room = path; !room.empty();) {
    if (allowed_.contains(room)) return room;
    const std::size_t slash = room.rfind('/');
    room.resize(slash == std::string::npos ? 0 : slash);
  }
  return "";
}

std::string Rooms::edge_problem(const std::string& from, const std::string& to) const {
  const std::string room = room_of(from), other = room_of(to);
  if (room.empty()) return "the file lies in no room of rooms.txt";
  if (other.empty()) return "include is not from the root of the repository";
  // Whoever may see a folder may see the headers of it that are rooms of their own.
  const std::string folder =
      other.ends_with(".h") ? room_of(other.substr(0, other.rfind('/'))) : "";
  const auto& allowed = allowed_.at(room);
  if (room == other || room == folder || allowed.contains(other) || allowed.contains(folder))
    return "";
  if (is_foundation(other) && !is_foundation(room)) return "";
  return "forbidden edge, " + room + " may not include " + other;
}

std::vector<std::string> Rooms::names() const {
  std::vector<std::string> names;
  for (const auto& [room, allowed] : allowed_) names.push_back(room);
  return names;
}

}  // namespace flm::layering
