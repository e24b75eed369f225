// Finds added tokens ("[MASK]") in a text.
#pragma once

#include <bitset>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/tokenizer/settings.h"
#include "runtime/tokenizer/trie.h"

namespace henson::tokenizer {

class AddedTokenSearch {
 public:
  AddedTokenSearch() = default;
  /// Tokens without text are left out.
  explicit AddedTokenSearch(std::span<const AddedToken> tokens);

  bool empty() const noexcept { return tokens_.empty(); }

  /// Calls visit(begin, end, token) for all parts of `text` in their order: the added tokens, with
  /// the white space that they take, and what lies between, of which the token is nullptr. No part
  /// is empty.
  template <typename Visit>
  void for_each_part(std::string_view text, const Visit& visit) const;

 private:
  struct Found {
    std::size_t begin = 0;
    std::size_t end = 0;
    const AddedToken* token = nullptr;  // none: there are no more
  };

  /// The first token from `at` on, the longest one there.
  Found next(std::string_view text, std::size_t at) const noexcept;
  /// Whether it may stand where it does: single words touch no other.
  static bool stands_alone(std::string_view text, const Found& found) noexcept;
  static std::size_t spaces_before(std::string_view text, std::size_t end) noexcept;
  static std::size_t spaces_after(std::string_view text, std::size_t begin) noexcept;

  std::vector<AddedToken> tokens_;
  Trie trie_;                    // to indices in tokens_
  std::bitset<256> first_byte_;  // of some token
};

template <typename Visit>
void AddedTokenSearch::for_each_part(std::string_view text, const Visit& visit) const {
  std::size_t done = 0;
  for (std::size_t at = 0; !tokens_.empty();) {
    Found found = next(text, at);
    if (found.token == nullptr) break;
    at = found.end;
    if (!stands_alone(text, found)) continue;
    if (found.token->lstrip) {
      const std::size_t before = found.begin - spaces_before(text, found.begin);
      found.begin = before > done ? before : done;
    }
    if (found.token->rstrip) found.end += spaces_after(text, found.end);
    if (done < found.begin) visit(done, found.begin, nullptr);
    visit(found.begin, found.end, found.token);
    done = found.end;
  }
  if (done < text.size()) visit(done, text.size(), nullptr);
}

}  // namespace henson::tokenizer
