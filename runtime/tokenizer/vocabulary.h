// Tokens and their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace henson::tokenizer {

inline constexpr std::int64_t kMaxTokens = 1 << 24;

/// Two tokens may have one id (the last one is then its token), and ids may be without a token.
class Vocabulary {
 public:
  Vocabulary() = default;
  Vocabulary(const Vocabulary&) = delete;  // views look at the strings of one
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  /// Throws kBadArchive for ids outside of [0, kMaxTokens). A token that is there gets the new id.
  void add(std::string_view token, std::int64_t id) { add(token, id, false); }
  /// The same, but a token that is there keeps its former id as well: what that id says is not
  /// forgotten, and it counts.
  void add_again(std::string_view token, std::int64_t id) { add(token, id, true); }

  std::optional<std::int64_t> id(std::string_view token) const;
  std::optional<std::string_view> token(std::int64_t id) const;
  /// The largest id and one.
  std::size_t size() const noexcept { return tokens_.size(); }
  /// Tokens; distinct but for those that were added again.
  std::size_t token_count() const noexcept { return ids_.size() + repeated_; }

  void for_each(const std::function<void(std::string_view token, std::int64_t id)>& visit) const;

 private:
  void add(std::string_view token, std::int64_t id, bool again);

  std::deque<std::string> names_;  // what all views below look at
  std::unordered_map<std::string_view, std::int64_t> ids_;
  std::vector<std::optional<std::string_view>> tokens_;
  std::size_t repeated_ = 0;
};

}  // namespace henson::tokenizer
