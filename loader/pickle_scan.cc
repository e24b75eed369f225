#include "loader/pickle_scan.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "henson/error.h"
#include "loader/bytes.h"
#include "loader/pickle_names.h"

namespace henson::loader {
namespace {

constexpr std::size_t kMostNames = 4096;
constexpr std::size_t kMostStorages = 1 << 20;

/// What follows an opcode.
enum class Operand : std::uint8_t {
  kNoOpcode,
  kNone,
  k1,
  k2,
  k4,
  k8,
  kLine,
  kTwoLines,
  kCounted1,  // a length of so many bytes, then the bytes
  kCounted4,
  kCounted8,
};

constexpr std::array<Operand, 256> make_operands() {
  std::array<Operand, 256> operands{};
  const auto set = [&](std::string_view opcodes, Operand operand) {
    for (const char opcode : opcodes) operands[static_cast<unsigned char>(opcode)] = operand;
  };
  set("(.012NRbade}l]ost)uQ", Operand::kNone);
  set("\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98", Operand::kNone);
  set("Khq\x80\x82", Operand::k1);
  set("M\x83", Operand::k2);
  set("Jjr\x84", Operand::k4);
  set("G\x95", Operand::k8);
  set("FILPSVgp", Operand::kLine);
  set("ci", Operand::kTwoLines);
  set("UC\x8a\x8c", Operand::kCounted1);
  set("TXB\x8b", Operand::kCounted4);
  set("\x8d\x8e\x96", Operand::kCounted8);
  return operands;
}

constexpr std::array<Operand, 256> kOperands = make_operands();

/// Follows strings to the opcode that takes a module and a name from the stack, through the memo.
/// Other values are not followed: a name that is made of such is a hidden one.
class Scanner {
 public:
  explicit Scanner(std::string_view bytes)
      : reader_(std::as_bytes(std::span(bytes)), std::string()) {}

  PickleScan run() {
    try {
      do {
        scan_.bytes = reader_.position();
      } while (step());
      if (scan_.fault.empty()) scan_.bytes = reader_.position();
    } catch (const Error&) {  // a read past the end
      scan_.fault = "it ends within an opcode";
    }
    return std::move(scan_);
  }

 private:
  using Text = std::optional<std::string>;

  struct Opcode {
    std::uint8_t code = 0;
    std::uint64_t offset = 0;
    std::string_view text;  // that follows it
    std::string_view second;
    std::uint64_t number = 0;
  };

  bool step() {
    Opcode opcode;
    opcode.offset = reader_.position();
    opcode.code = reader_.u8();
    if (!read_operand(opcode)) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "0x%02x", opcode.code);
      scan_.fault = std::string(hex) + " is no opcode";
      return false;
    }
    if (!names(opcode) && !texts(opcode) && !recalls(opcode)) push({});
    return opcode.code != '.';
  }

  bool read_operand(Opcode& opcode) {
    switch (kOperands[opcode.code]) {
      case Operand::kNoOpcode:
        return false;
      case Operand::kNone:
        break;
      case Operand::k1:
        opcode.number = reader_.u8();
        break;
      case Operand::k2:
        opcode.number = reader_.u16();
        break;
      case Operand::k4:
        opcode.number = reader_.u32();
        break;
      case Operand::k8:
        opcode.number = reader_.u64();
        break;
      case Operand::kLine:
        opcode.text = reader_.line();
        break;
      case Operand::kTwoLines:
        opcode.text = reader_.line();
        opcode.second = reader_.line();
        break;
      case Operand::kCounted1:
        opcode.text = reader_.text(reader_.u8());
        break;
      case Operand::kCounted4:
        opcode.text = reader_.text(reader_.u32());
        break;
      case Operand::kCounted8:
        opcode.text = reader_.text(reader_.u64());
        break;
    }
    return true;
  }

  // One group of opcodes each; false for those of another.
  bool names(const Opcode& opcode) {
    switch (opcode.code) {
      case 'c':  // GLOBAL, INST
      case 'i':
        mention(opcode.text, opcode.second, opcode.offset);
        break;
      case 0x93:  // STACK_GLOBAL
        if (below_ && top_) {
          mention(*below_, *top_, opcode.offset);
        } else {
          hide(opcode.offset);
        }
        break;
      case 0x82:  // EXT1, EXT2, EXT4
      case 0x83:
      case 0x84:
        hide(opcode.offset);
        break;
      default:
        return false;
    }
    push({});
    return true;
  }

  bool texts(const Opcode& opcode) {
    switch (opcode.code) {
      case 'U':  // (SHORT_)BINSTRING, (SHORT_)BINUNICODE(8)
      case 'T':
      case 'X':
      case 0x8c:
      case 0x8d:
        note_device(opcode.text);
        push(std::string(opcode.text));
        return true;
      case 'S':  // STRING
        push(std::string(unquoted(opcode.text)));
        return true;
      case 'V':  // UNICODE
        push(std::string(opcode.text));
        return true;
      default:
        return false;
    }
  }

  bool recalls(const Opcode& opcode) {
    switch (opcode.code) {
      case 'q':  // BINPUT, LONG_BINPUT, PUT
      case 'r':
        memo_[opcode.number] = top_;
        return true;
      case 'p':
        memo_[number_of(opcode.text)] = top_;
        return true;
      case 0x94: {  // MEMOIZE
        const std::uint64_t next = memo_.size();
        memo_[next] = top_;
        return true;
      }
      case 'h':  // BINGET, LONG_BINGET, GET
      case 'j':
        push(remembered(opcode.number));
        return true;
      case 'g':
        push(remembered(number_of(opcode.text)));
        return true;
      case 0x95:  // FRAME, PROTO: the stack stays as it is
      case 0x80:
        return true;
      default:
        return false;
    }
  }

  /// A storage is ("storage", its type, its key, …): the key is the next string.
  void push(Text text) {
    if (text) {
      if (after_storage_ && scan_.storages.size() < kMostStorages) scan_.storages.insert(*text);
      after_storage_ = *text == "storage";
    }
    below_ = std::move(top_);
    top_ = std::move(text);
  }

  Text remembered(std::uint64_t key) const {
    const auto found = memo_.find(key);
    return found == memo_.end() ? Text() : found->second;
  }

  static std::string_view unquoted(std::string_view text) {
    return text.size() < 2 ? text : text.substr(1, text.size() - 2);
  }

  static std::uint64_t number_of(std::string_view text) {
    std::uint64_t number = 0;
    for (const char digit : text) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    return number;
  }

  void mention(std::string_view module, std::string_view name, std::uint64_t offset) {
    if (scan_.names.size() >= kMostNames) return;
    if (!seen_.emplace(module, name).second) return;
    scan_.names.push_back({std::string(module), std::string(name), offset,
                           find_pickle_name(module, name).has_value()});
  }

  void hide(std::uint64_t offset) {
    if (scan_.hidden_names.size() < kMostNames) scan_.hidden_names.push_back(offset);
  }

  void note_device(std::string_view text) {
    if (text.size() > 16 || !is_device(text)) return;
    if (std::find(scan_.devices.begin(), scan_.devices.end(), text) == scan_.devices.end()) {
      scan_.devices.emplace_back(text);
    }
  }

  ByteReader reader_;
  PickleScan scan_;
  Text below_;  // the two values on top of the stack, where they are strings
  Text top_;
  bool after_storage_ = false;  // of the strings, that was the last
  std::map<std::uint64_t, Text> memo_;
  std::set<std::pair<std::string, std::string>> seen_;
};

}  // namespace

PickleScan scan_pickle(std::string_view bytes) { return Scanner(bytes).run(); }

}  // namespace henson::loader
