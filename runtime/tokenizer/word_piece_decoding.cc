#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/tokenizer/word_piece.h"

namespace henson::tokenizer {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

/// Spaces that written English does not have.
void clean_up(std::string& text) {
  using Replacement = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Replacement, 11> kReplacements = {{{" .", "."},
                                                          {" ?", "?"},
                                                          {" !", "!"},
                                                          {" ,", ","},
                                                          {" ' ", "'"},
                                                          {" n't", "n't"},
                                                          {" 'm", "'m"},
                                                          {" do not", " don't"},
                                                          {" 's", "'s"},
                                                          {" 've", "'ve"},
                                                          {" 're", "'re"}}};
  for (const auto& [from, to] : kReplacements) replace_all(text, from, to);
}

}  // namespace

std::string WordPiece::decode(std::span<const std::string_view> tokens) const {
  std::string text;
  std::string piece;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view token = tokens[i];
    if (i == 0) {
      piece = token;
    } else if (token.starts_with(continuing_prefix_)) {
      piece = token.substr(continuing_prefix_.size());
    } else {
      piece = " ";
      piece += token;
    }
    if (clean_up_decoded_) clean_up(piece);
    text += piece;
  }
  return text;
}

}  // namespace henson::tokenizer
