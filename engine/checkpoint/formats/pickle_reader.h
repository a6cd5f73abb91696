// The opcodes of a pickle, one after another, with what stands beside them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/checkpoint/tensors/mapped_file.h"

namespace flm {

/// One opcode. Those that differ only in how they write their number or text are one kind.
struct PickleOp {
  enum class Kind {
    kStop,
    kNothing,  // PROTO, FRAME: a hint
    kNone,
    kBool,         // integer
    kInt,          // integer
    kWideInt,      // more than 64 bits
    kFloat,        // real
    kString,       // text: characters or bytes
    kGlobal,       // text: module, name
    kStackGlobal,  // module and name from the stack
    kMark,
    kEmptyTuple,
    kEmptyList,  // sets too
    kEmptyDict,
    kTupleOf,  // integer: of how many
    kTuple,    // this and the next three: of all down to the mark
    kList,
    kDict,
    kInstance,     // text: module, name; called with all down to the mark
    kMarkedCall,   // the same, the class lies on the mark
    kAppend,       // a value to a list
    kAppends,      // all down to the mark; sets too
    kSetItem,      // key, value
    kSetItems,     // all down to the mark
    kReduce,       // function, arguments
    kNewObject,    // class, arguments
    kNewObjectEx,  // class, arguments, keyword arguments
    kBuild,        // object, state
    kPersistent,   // id
    kPersistentText,
    kPop,
    kPopMark,
    kDuplicate,
    kRemember,  // integer: memo slot
    kMemoize,   // into the next memo slot
    kRecall,    // integer: memo slot
  };
  Kind kind = Kind::kNothing;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text, name;
};

/// Reads from the first byte to STOP. Knows what picklers of protocol 2 to 5 write. UserErrors name
/// `path`; TornFile where the pickle ends in the middle.
class PickleReader {
 public:
  PickleReader(std::string_view pickle, std::string path)
      : pickle_(pickle), path_(std::move(path)) {}
  /// All of a file, whose pages go out of memory behind the reader: pickles have been seen of half
  /// a gigabyte.
  explicit PickleReader(const MappedFile& file) : PickleReader(file.text(), file.path()) {
    file_ = &file;
  }

  PickleOp next();
  void seek(std::size_t at) { at_ = at; }
  /// Bytes that were read.
  std::size_t at() const { return at_; }
  std::size_t size() const { return pickle_.size(); }
  const std::string& path() const { return path_; }

  /// UserError "PATH: the pickle WHAT; ...".
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  using Kind = PickleOp::Kind;

  void read_long(std::uint64_t bytes, PickleOp& op);
  void read_protocol();
  std::string_view take(std::uint64_t bytes);
  std::uint64_t number(std::size_t bytes);  // little-endian
  std::string_view line();
  void release_pages();

  std::string_view pickle_;
  std::string path_;
  std::size_t at_ = 0;
  const MappedFile* file_ = nullptr;  // null: bytes of somebody else
  std::size_t released_ = 0;
};

}  // namespace flm
