#include "engine/checkpoint/formats/pickle_reader.h"

#include <bit>
#include <cstring>

#include "base/errors.h"
#include "engine/checkpoint/formats/torn_file.h"

namespace flm {
namespace {

using Kind = PickleOp::Kind;

std::string hex_byte(unsigned char byte) {
  const char* digits = "0123456789abcdef";
  return {'0', 'x', digits[byte >> 4], digits[byte & 15]};
}

/// Opcodes that are one byte and no more; kNothing for all others.
Kind bare_kind(unsigned char opcode) {
  switch (opcode) {
    case '.':
      return Kind::kStop;
    case 'N':
      return Kind::kNone;
    case '(':
      return Kind::kMark;
    case ')':
      return Kind::kEmptyTuple;
    case ']':
    case 0x8f:  // EMPTY_SET
      return Kind::kEmptyList;
    case '}':
      return Kind::kEmptyDict;
    case 't':
      return Kind::kTuple;
    case 'l':
    case 0x91:  // FROZENSET
      return Kind::kList;
    case 'd':
      return Kind::kDict;
    case 'o':
      return Kind::kMarkedCall;
    case 'a':
      return Kind::kAppend;
    case 'e':
    case 0x90:  // ADDITEMS
      return Kind::kAppends;
    case 's':
      return Kind::kSetItem;
    case 'u':
      return Kind::kSetItems;
    case 'R':
      return Kind::kReduce;
    case 0x81:
      return Kind::kNewObject;
    case 0x92:
      return Kind::kNewObjectEx;
    case 'b':
      return Kind::kBuild;
    case 'Q':
      return Kind::kPersistent;
    case '0':
      return Kind::kPop;
    case '1':
      return Kind::kPopMark;
    case '2':
      return Kind::kDuplicate;
    case 0x93:
      return Kind::kStackGlobal;
    case 0x94:
      return Kind::kMemoize;
    default:
      return Kind::kNothing;
  }
}

}  // namespace

void PickleReader::refuse(const std::string& what) const {
  throw UserError(path_ + ": the pickle " + what + "; copy it again, or save it again with torch");
}

PickleOp PickleReader::next() {
  PickleOp op;
  const auto opcode = static_cast<unsigned char>(take(1)[0]);
  op.kind = bare_kind(opcode);
  if (op.kind != Kind::kNothing) return op;
  if (opcode == 0x80) {
    read_protocol();
  } else if (opcode == 0x95) {  // FRAME
    take(8);
  } else if (!read_value(opcode, op) && !read_text(opcode, op)) {
    refuse("has opcode " + hex_byte(opcode) + " at byte " + std::to_string(at_ - 1) +
           ", which no checkpoint needs");
  }
  return op;
}

/// Numbers, the memo's among them, and tuples of up to three.
bool PickleReader::read_value(unsigned char opcode, PickleOp& op) {
  const auto whole = [&](Kind kind, std::int64_t value) {
    op.kind = kind;
    op.integer = value;
    return true;
  };
  const auto unsigned_number = [&](int bytes) { return static_cast<std::int64_t>(number(bytes)); };
  switch (opcode) {
    case 0x88:  // NEWTRUE
    case 0x89:  // NEWFALSE
      return whole(Kind::kBool, opcode == 0x88);
    case 'J':
      return whole(Kind::kInt, static_cast<std::int32_t>(number(4)));
    case 'K':
      return whole(Kind::kInt, unsigned_number(1));
    case 'M':
      return whole(Kind::kInt, unsigned_number(2));
    case 0x8a:  // LONG1
      return read_long(number(1), op), true;
    case 0x8b:  // LONG4
      return read_long(number(4), op), true;
    case 'G': {  // big-endian
      std::uint64_t bits = __builtin_bswap64(number(8));
      op.kind = Kind::kFloat;
      return op.real = std::bit_cast<double>(bits), true;
    }
    case 0x85:  // TUPLE1, TUPLE2, TUPLE3
    case 0x86:
    case 0x87:
      return whole(Kind::kTupleOf, opcode - 0x84);
    case 'q':
      return whole(Kind::kRemember, unsigned_number(1));
    case 'r':
      return whole(Kind::kRemember, unsigned_number(4));
    case 'h':
      return whole(Kind::kRecall, unsigned_number(1));
    case 'j':
      return whole(Kind::kRecall, unsigned_number(4));
    default:
      return false;
  }
}

bool PickleReader::read_text(unsigned char opcode, PickleOp& op) {
  const auto string = [&](std::uint64_t bytes) {
    op.kind = Kind::kString;
    return op.text = take(bytes), true;
  };
  switch (opcode) {
    case 0x8c:  // SHORT_BINUNICODE, SHORT_BINBYTES, SHORT_BINSTRING
    case 'C':
    case 'U':
      return string(number(1));
    case 'X':  // BINUNICODE, BINBYTES, BINSTRING
    case 'B':
    case 'T':
      return string(number(4));
    case 0x8d:  // BINUNICODE8, BINBYTES8, BYTEARRAY8
    case 0x8e:
    case 0x96:
      return string(number(8));
    case 'c':
    case 'i':
      op.kind = opcode == 'c' ? Kind::kGlobal : Kind::kInstance;
      op.text = line();
      return op.name = line(), true;
    case 'P':
      op.kind = Kind::kPersistentText;
      return op.text = line(), true;
    default:
      return false;
  }
}

/// Two's complement, little-endian. What is wider than 64 bits has no value here.
void PickleReader::read_long(std::uint64_t bytes, PickleOp& op) {
  op.kind = bytes > 8 ? Kind::kWideInt : Kind::kInt;
  if (bytes > 8) take(bytes);
  if (bytes == 0 || bytes > 8) return;
  const int unused = 64 - 8 * static_cast<int>(bytes);
  op.integer = static_cast<std::int64_t>(number(static_cast<int>(bytes)) << unused) >> unused;
}

void PickleReader::read_protocol() {
  const auto version = static_cast<unsigned>(number(1));
  if (version > 5) refuse("has protocol " + std::to_string(version) + ", known are 2 to 5");
}

std::string_view PickleReader::take(std::uint64_t bytes) {
  if (bytes > pickle_.size() - at_)
    throw TornFile(path_ + ": the pickle ends in the middle, at byte " +
                   std::to_string(pickle_.size()) + ": still being written, or copy it again");
  at_ += bytes;
  return pickle_.substr(at_ - bytes, bytes);
}

std::uint64_t PickleReader::number(int bytes) {
  std::uint64_t out = 0;
  const std::string_view text = take(static_cast<std::uint64_t>(bytes));
  std::memcpy(&out, text.data(), text.size());
  return out;
}

std::string_view PickleReader::line() {
  const std::size_t end = pickle_.find('\n', at_);
  const std::string_view text = take(end == std::string_view::npos ? end : end - at_);
  take(1);
  return text;
}

}  // namespace flm
