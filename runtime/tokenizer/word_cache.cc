#include "runtime/tokenizer/word_cache.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace henson::tokenizer {

WordCache& WordCache::of_thread(std::uint64_t model) {
  thread_local WordCache cache;
  if (cache.model_ != model) {
    cache.entries_.assign(kEntries, {});
    cache.model_ = model;
  }
  return cache;
}

std::uint64_t WordCache::next_model() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

std::size_t WordCache::place(std::string_view word) noexcept {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;  // of no meaning
  std::uint64_t hash = word.size();
  for (std::size_t at = 0; at < word.size(); at += sizeof hash) {
    std::uint64_t part = 0;
    std::memcpy(&part, word.data() + at, std::min(sizeof part, word.size() - at));
    hash = (hash ^ part) * kOdd;
    hash ^= hash >> 32;
  }
  return (hash * kOdd) >> 32 & (kEntries - 1);
}

bool WordCache::find(std::string_view word, std::vector<Token>& tokens) const {
  if (word.empty() || word.size() > kMaxWord) return false;
  const Entry& entry = entries_[place(word)];
  if (std::string_view(entry.word.data(), entry.size) != word) return false;
  for (std::size_t i = 0; i < entry.count; ++i) {
    const Part& part = entry.parts[i];
    tokens.push_back({part.id, part.begin, part.end, part.is_text});
  }
  return true;
}

void WordCache::add(std::string_view word, std::span<const Token> tokens) {
  if (word.empty() || word.size() > kMaxWord || tokens.size() > kMaxTokens) return;
  Entry& entry = entries_[place(word)];
  std::copy(word.begin(), word.end(), entry.word.begin());
  entry.size = static_cast<std::uint8_t>(word.size());
  entry.count = static_cast<std::uint8_t>(tokens.size());
  std::transform(tokens.begin(), tokens.end(), entry.parts.begin(), [](const Token& token) {
    return Part{token.id, static_cast<std::uint8_t>(token.begin),
                static_cast<std::uint8_t>(token.end), token.is_text};
  });
}

}  // namespace henson::tokenizer
