#include "engine/checkpoint/formats/pickle_reader.h"

#include <array>
#include <bit>

#include "base/errors.h"
#include "engine/checkpoint/formats/torn_file.h"

namespace flm {
namespace {

using OpKind = PickleOp::Kind;

constexpr std::size_t kReadBehind = std::size_t{8} << 20;

/// What stands behind an opcode.
enum class Argument : std::uint8_t {
  kUnknown,   // no such opcode
  kNone,      // nothing; the operation's number is `value`
  kUnsigned,  // a number of `bytes`
  kSigned32,  // a number of 4 bytes
  kLong,      // `bytes` that say how many bytes the number has
  kReal,      // 8 bytes, big-endian
  kText,      // `bytes` that say how long the text is
  kTwoLines,  // module, name
  kLine,
  kProtocol,
  kFrame,
};

struct Form {
  OpKind kind = OpKind::kNothing;
  Argument argument = Argument::kUnknown;
  std::uint8_t bytes = 0;
  std::int8_t value = 0;
};

using Forms = std::array<Form, 256>;

constexpr void add_values(Forms& forms) {
  forms['N'] = {OpKind::kNone, Argument::kNone};
  forms[0x88] = {OpKind::kBool, Argument::kNone, 0, 1};
  forms[0x89] = {OpKind::kBool, Argument::kNone, 0, 0};
  forms['K'] = {OpKind::kInt, Argument::kUnsigned, 1};
  forms['M'] = {OpKind::kInt, Argument::kUnsigned, 2};
  forms['J'] = {OpKind::kInt, Argument::kSigned32};
  forms[0x8a] = {OpKind::kInt, Argument::kLong, 1};
  forms[0x8b] = {OpKind::kInt, Argument::kLong, 4};
  forms['G'] = {OpKind::kFloat, Argument::kReal};
  for (int opcode : {0x8c, int{'C'}, int{'U'}})  // SHORT_BINUNICODE, _BINBYTES, _BINSTRING
    forms[static_cast<std::size_t>(opcode)] = {OpKind::kString, Argument::kText, 1};
  for (int opcode : {int{'X'}, int{'B'}, int{'T'}})  // BINUNICODE, BINBYTES, BINSTRING
    forms[static_cast<std::size_t>(opcode)] = {OpKind::kString, Argument::kText, 4};
  for (int opcode : {0x8d, 0x8e, 0x96})  // BINUNICODE8, BINBYTES8, BYTEARRAY8
    forms[static_cast<std::size_t>(opcode)] = {OpKind::kString, Argument::kText, 8};
  forms['c'] = {OpKind::kGlobal, Argument::kTwoLines};
  forms[0x93] = {OpKind::kStackGlobal, Argument::kNone};
}

constexpr void add_containers(Forms& forms) {
  forms['('] = {OpKind::kMark, Argument::kNone};
  forms[')'] = {OpKind::kEmptyTuple, Argument::kNone};
  forms[']'] = {OpKind::kEmptyList, Argument::kNone};
  forms[0x8f] = {OpKind::kEmptyList, Argument::kNone};  // EMPTY_SET
  forms['}'] = {OpKind::kEmptyDict, Argument::kNone};
  forms['t'] = {OpKind::kTuple, Argument::kNone};
  for (std::uint8_t count : {1, 2, 3})  // TUPLE1, TUPLE2, TUPLE3
    forms[0x84u + count] = {OpKind::kTupleOf, Argument::kNone, 0, static_cast<std::int8_t>(count)};
  forms['l'] = {OpKind::kList, Argument::kNone};
  forms[0x91] = {OpKind::kList, Argument::kNone};  // FROZENSET
  forms['d'] = {OpKind::kDict, Argument::kNone};
  forms['a'] = {OpKind::kAppend, Argument::kNone};
  forms['e'] = {OpKind::kAppends, Argument::kNone};
  forms[0x90] = {OpKind::kAppends, Argument::kNone};  // ADDITEMS
  forms['s'] = {OpKind::kSetItem, Argument::kNone};
  forms['u'] = {OpKind::kSetItems, Argument::kNone};
}

constexpr void add_calls(Forms& forms) {
  forms['R'] = {OpKind::kReduce, Argument::kNone};
  forms[0x81] = {OpKind::kNewObject, Argument::kNone};
  forms[0x92] = {OpKind::kNewObjectEx, Argument::kNone};
  forms['i'] = {OpKind::kInstance, Argument::kTwoLines};
  forms['o'] = {OpKind::kMarkedCall, Argument::kNone};
  forms['b'] = {OpKind::kBuild, Argument::kNone};
  forms['Q'] = {OpKind::kPersistent, Argument::kNone};
  forms['P'] = {OpKind::kPersistentText, Argument::kLine};
}

constexpr void add_the_rest(Forms& forms) {
  forms['.'] = {OpKind::kStop, Argument::kNone};
  forms[0x80] = {OpKind::kNothing, Argument::kProtocol};
  forms[0x95] = {OpKind::kNothing, Argument::kFrame};
  forms['0'] = {OpKind::kPop, Argument::kNone};
  forms['1'] = {OpKind::kPopMark, Argument::kNone};
  forms['2'] = {OpKind::kDuplicate, Argument::kNone};
  forms['q'] = {OpKind::kRemember, Argument::kUnsigned, 1};
  forms['r'] = {OpKind::kRemember, Argument::kUnsigned, 4};
  forms[0x94] = {OpKind::kMemoize, Argument::kNone};
  forms['h'] = {OpKind::kRecall, Argument::kUnsigned, 1};
  forms['j'] = {OpKind::kRecall, Argument::kUnsigned, 4};
}

constexpr Forms all_forms() {
  Forms forms;
  add_values(forms);
  add_containers(forms);
  add_calls(forms);
  add_the_rest(forms);
  return forms;
}

constexpr Forms kForms = all_forms();

std::string hex_byte(unsigned char byte) {
  const char* digits = "0123456789abcdef";
  return {'0', 'x', digits[byte >> 4], digits[byte & 15]};
}

}  // namespace

void PickleReader::refuse(const std::string& what) const {
  throw UserError(path_ + ": the pickle " + what + "; copy it again, or save it again with torch");
}

/// From the beginning: pages behind the reader come back where a text in them is looked at again.
void PickleReader::release_pages() {
  file_->release_pages(0, at_);
  released_ = at_;
}

PickleOp PickleReader::next() {
  if (file_ && at_ - released_ > kReadBehind) release_pages();
  const auto opcode = static_cast<unsigned char>(number(1));
  const Form& form = kForms[opcode];
  PickleOp op;
  op.kind = form.kind;
  op.integer = form.value;
  switch (form.argument) {
    case Argument::kNone:
      break;
    case Argument::kUnsigned:
      op.integer = static_cast<std::int64_t>(number(form.bytes));
      break;
    case Argument::kSigned32:
      op.integer = static_cast<std::int32_t>(number(4));
      break;
    case Argument::kLong:
      read_long(number(form.bytes), op);
      break;
    case Argument::kReal:
      op.real = std::bit_cast<double>(__builtin_bswap64(number(8)));
      break;
    case Argument::kText:
      op.text = take(number(form.bytes));
      break;
    case Argument::kTwoLines:
      op.text = line();
      op.name = line();
      break;
    case Argument::kLine:
      op.text = line();
      break;
    case Argument::kProtocol:
      read_protocol();
      break;
    case Argument::kFrame:  // only a hint
      take(8);
      break;
    case Argument::kUnknown:
      refuse("has opcode " + hex_byte(opcode) + " at byte " + std::to_string(at_ - 1) +
             ", which no checkpoint needs");
  }
  return op;
}

/// Two's complement, little-endian. What is wider than 64 bits has no value here.
void PickleReader::read_long(std::uint64_t bytes, PickleOp& op) {
  if (bytes > 8) op.kind = OpKind::kWideInt;
  if (bytes > 8) take(bytes);
  if (bytes == 0 || bytes > 8) return;
  const int unused = 64 - 8 * static_cast<int>(bytes);
  op.integer = static_cast<std::int64_t>(number(bytes) << unused) >> unused;
}

void PickleReader::read_protocol() {
  const std::uint64_t version = number(1);
  if (version > 5) refuse("has protocol " + std::to_string(version) + ", known are 2 to 5");
}

inline std::string_view PickleReader::take(std::uint64_t bytes) {
  if (bytes > pickle_.size() - at_) [[unlikely]]
    throw TornFile(path_ + ": the pickle ends in the middle, at byte " +
                   std::to_string(pickle_.size()) + ": still being written, or copy it again");
  at_ += bytes;
  return {pickle_.data() + at_ - bytes, bytes};
}

inline std::uint64_t PickleReader::number(std::size_t bytes) {
  const std::string_view text = take(bytes);
  if (bytes == 1) return static_cast<unsigned char>(text[0]);
  std::uint64_t out = 0;
  for (std::size_t i = bytes; i-- > 0;) out = out << 8 | static_cast<unsigned char>(text[i]);
  return out;
}

std::string_view PickleReader::line() {
  const std::size_t end = pickle_.find('\n', at_);
  const std::string_view text = take(end == std::string_view::npos ? end : end - at_);
  take(1);
  return text;
}

}  // namespace flm
