#include "runtime/tokenizer/sentencepiece_file.h"

#include <bit>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "henson/error.h"
#include "runtime/tokenizer/files.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

constexpr std::size_t kMaxPiece = 4096;  // bytes

/// Fields of a message, one after another. Every length is checked.
class Message {
 public:
  Message(std::string_view bytes, const std::string& path) : rest_(bytes), path_(path) {}

  /// The next field; false at the end.
  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    field_ = tag >> 3;
    wire_ = static_cast<unsigned>(tag & 7U);
    switch (wire_) {
      case 0:
        number_ = varint();
        return true;
      case 1:
        bytes_ = take(8);
        return true;
      case 2:
        bytes_ = take(varint());
        return true;
      case 5:
        bytes_ = take(4);
        return true;
      default:
        fail("has a field of no known type");
    }
  }

  std::uint64_t field() const noexcept { return field_; }

  std::uint64_t number() const {
    if (wire_ != 0) fail("has a field of another type than it must be");
    return number_;
  }
  std::string_view bytes() const {
    if (wire_ != 2) fail("has a field of another type than it must be");
    return bytes_;
  }
  Message message() const { return {bytes(), path_}; }
  std::string text() const {
    if (!is_utf8(bytes())) fail("has a text that is not UTF-8");
    return std::string(bytes());
  }
  float real() const {
    if (wire_ != 5) fail("has a field of another type than it must be");
    std::uint32_t bits = 0;
    for (std::size_t i = 4; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes_[i]);
    const auto value = std::bit_cast<float>(bits);
    if (!std::isfinite(value)) fail("has a score without bounds");
    return value;
  }

  [[noreturn]] void fail(const char* what) const {
    throw Error(ErrorCode::kBadArchive, path_ + " " + what + "; is it a SentencePiece model?");
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) fail("breaks off");
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    fail("has a number that is too long");
  }

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) fail("breaks off");
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  const std::string& path_;
  std::uint64_t field_ = 0;
  unsigned wire_ = 0;
  std::uint64_t number_ = 0;
  std::string_view bytes_;
};

SentencePiece read_piece(Message message) {
  SentencePiece piece;
  while (message.next()) {
    if (message.field() == 1) piece.text = message.text();
    if (message.field() == 2) piece.score = message.real();
    if (message.field() == 3) {
      if (message.number() < 1 || message.number() > 6) message.fail("has a piece of no type");
      piece.type = static_cast<SentencePiece::Type>(message.number());
    }
  }
  if (piece.text.size() > kMaxPiece) message.fail("has a piece that is too long");
  return piece;
}

void read_trainer(Message message, SentencePieceModel& model) {
  while (message.next()) {
    if (message.field() == 3) {
      if (message.number() < 1 || message.number() > 4) message.fail("is of no known kind");
      model.kind = static_cast<SentencePieceModel::Kind>(message.number());
    }
    if (message.field() == 24) model.suffix_spaces = message.number() != 0;
    if (message.field() == 35) model.byte_fallback = message.number() != 0;
    if (message.field() == 40) model.unknown_id = static_cast<std::int32_t>(message.number());
    if (message.field() == 45) model.unknown_piece = message.text();
  }
}

void read_normalizer(Message message, SentencePieceModel& model) {
  while (message.next()) {
    if (message.field() == 2) model.charsmap = message.bytes();
    if (message.field() == 3) model.prefix_space = message.number() != 0;
    if (message.field() == 4) model.one_space = message.number() != 0;
    if (message.field() == 5) model.escapes_spaces = message.number() != 0;
  }
}

/// What SentencePiece asks of pieces when it opens a model.
void check_pieces(const SentencePieceModel& model, const Message& file) {
  if (model.pieces.size() < 4) file.fail("has hardly any pieces");
  std::unordered_set<std::string_view> known;
  int unknown = 0;
  for (const SentencePiece& piece : model.pieces) {
    if (piece.text.empty()) file.fail("has a piece of no text");
    if (!known.insert(piece.text).second) file.fail("has a piece twice");
    if (piece.type == SentencePiece::Type::kUnknown) ++unknown;
  }
  if (unknown == 0) file.fail("has no piece for what is unknown");
  if (unknown > 1) file.fail("has several pieces for what is unknown");
}

}  // namespace

SentencePieceModel read_sentencepiece(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const std::string name = path.string();
  SentencePieceModel model;
  Message message(bytes, name);
  while (message.next()) {
    if (message.field() == 1) {
      model.pieces.push_back(read_piece(message.message()));
      if (static_cast<std::int64_t>(model.pieces.size()) > kMaxTokens / 2) {
        message.fail("has too many pieces");
      }
    }
    if (message.field() == 2) read_trainer(message.message(), model);
    if (message.field() == 3) read_normalizer(message.message(), model);
    if (message.field() == 5) {
      SentencePieceModel decoding;
      read_normalizer(message.message(), decoding);
      model.changes_decoded = !decoding.charsmap.empty();
    }
  }
  check_pieces(model, message);
  return model;
}

}  // namespace henson::tokenizer
