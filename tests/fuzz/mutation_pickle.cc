#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/mutation.h"

namespace henson::fuzz {
namespace {

/// An opcode and what belongs to it.
struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

/// Bytes behind the opcode at `at`; nothing for an opcode that is not known here, or is cut.
std::optional<std::size_t> argument_of(std::string_view bytes, std::size_t at) {
  const auto counted = [&](std::size_t width) -> std::optional<std::size_t> {
    if (bytes.size() - at <= width) return std::nullopt;
    const std::uint64_t length = little_endian(bytes.substr(at + 1, width));
    if (length > bytes.size()) return std::nullopt;
    return width + static_cast<std::size_t>(length);
  };
  const auto line = [&](std::size_t count) -> std::optional<std::size_t> {
    std::size_t end = at;
    for (; count > 0; --count) {
      end = bytes.find('\n', end + 1);
      if (end == std::string_view::npos) return std::nullopt;
    }
    return end - at;
  };
  switch (bytes[at]) {
    case 'K':
    case 'h':
    case 'q':
    case '\x80':
      return 1;
    case 'M':
      return 2;
    case 'J':
    case 'j':
    case 'r':
      return 4;
    case 'G':
      return 8;
    case '\x8a':
      return counted(1);
    case 'X':
      return counted(4);
    case 'c':
      return line(2);
    default:
      return 0;
  }
}

std::vector<Piece> pieces_of(std::string_view bytes) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto argument = argument_of(bytes, at);
    if (!argument || at + 1 + *argument > bytes.size()) break;
    pieces.push_back({at, at + 1 + *argument});
    at += 1 + *argument;
  }
  return pieces;
}

std::string integer_piece(std::int64_t value) {
  std::string piece("\x8a\x08", 2);
  for (int i = 0; i < 8; ++i) {
    piece += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
  }
  return piece;
}

std::string text_piece(std::string_view text) {
  std::string piece = "X";
  for (int i = 0; i < 4; ++i) piece += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return piece.append(text);
}

std::string name_piece(Chance& chance) {
  constexpr std::array<std::string_view, 16> kNames{"torch\nFloatStorage",
                                                    "torch\nLongStorage",
                                                    "torch\nHalfStorage",
                                                    "torch\nBoolStorage",
                                                    "torch\nDoubleStorage",
                                                    "torch\nBFloat16Storage",
                                                    "torch\nIntStorage",
                                                    "torch\nByteStorage",
                                                    "torch\nCharStorage",
                                                    "torch\nQInt8Storage",
                                                    "torch\nQUInt8Storage",
                                                    "torch._utils\n_rebuild_tensor_v2",
                                                    "torch._utils\n_rebuild_qtensor",
                                                    "collections\nOrderedDict",
                                                    "__torch__\nM",
                                                    "torch\nper_tensor_affine"};
  return 'c' + std::string(chance.one_of(kNames)) + '\n';
}

std::string text_of(Chance& chance) {
  constexpr std::array<std::string_view, 8> kTexts{"0", "1",      "cpu",  "cuda:0",
                                                   "",  "weight", "bias", "training"};
  return text_piece(chance.one_of(kTexts));
}

/// Another piece of the same kind; the same one where there is none.
std::string other(const std::string& piece, Chance& chance) {
  switch (piece[0]) {
    case 'K':
    case 'M':
    case 'J':
    case '\x8a':
      return chance.once_in(12) ? std::string("N") : integer_piece(integer_of(chance));
    case 'G':
      return chance.once_in(2) ? integer_piece(integer_of(chance))
                               : std::string("G\x7f\xf0\0\0\0\0\0\0", 9);
    case 'X':
      return text_of(chance);
    case 'c':
      return name_piece(chance);
    case '\x88':
      return "\x89";
    case '\x89':
      return "\x88";
    case 'h':
    case 'q':
      return {piece[0], static_cast<char>(chance.below(32))};
    default:
      return piece;
  }
}

}  // namespace

void change_pickle(std::string& bytes, Chance& chance) {
  const std::vector<Piece> pieces = pieces_of(bytes);
  if (pieces.empty()) return;
  const Piece at = chance.one_of(pieces);
  const Piece from = chance.one_of(pieces);
  const std::string piece = bytes.substr(at.begin, at.end - at.begin);
  const std::string another = bytes.substr(from.begin, from.end - from.begin);
  if (chance.once_in(12)) {  // dropped, doubled, or another in its place
    bytes.replace(at.begin, piece.size(),
                  chance.once_in(3)   ? ""
                  : chance.once_in(2) ? piece + piece
                                      : another);
    return;
  }
  for (int tries = 0; tries < 16; ++tries) {  // most opcodes have nothing to change
    const Piece place = chance.one_of(pieces);
    const std::string old = bytes.substr(place.begin, place.end - place.begin);
    const std::string changed = other(old, chance);
    if (changed == old) continue;
    bytes.replace(place.begin, old.size(), changed);
    return;
  }
}

}  // namespace henson::fuzz
