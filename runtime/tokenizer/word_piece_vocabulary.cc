#include "runtime/tokenizer/word_piece_vocabulary.h"

#include <optional>
#include <string>

#include "henson/error.h"

namespace henson::tokenizer {
namespace {

std::int32_t unknown_id(const Settings& settings) {
  const std::string unk = settings.unknown_token.value_or("[UNK]");
  const std::optional<std::int64_t> id = settings.vocabulary.id(unk);
  if (!id) {
    throw Error(ErrorCode::kBadArchive,
                settings.source + " has no token " + unk + ", which unknown words become");
  }
  return static_cast<std::int32_t>(*id);
}

}  // namespace

WordPieceVocabulary::WordPieceVocabulary(const Settings& settings)
    : unknown_(unknown_id(settings)), max_word_length_(settings.max_word_length) {
  settings.vocabulary.for_each([&](std::string_view token, std::int64_t id) {
    trie_.add(token, static_cast<std::int32_t>(id));
  });
  if (const std::optional<Trie::Node> node = trie_.find(settings.continuing_prefix)) {
    continuing_ = *node;
    has_continuing_ = true;
  }
}

}  // namespace henson::tokenizer
