#include "runtime/tokenizer/unigram.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "henson/error.h"
#include "runtime/tokenizer/byte_tokens.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

constexpr double kUnknownPenalty = 10;
constexpr std::size_t kLongTable = 1 << 16;  // is not kept for the next word
constexpr std::size_t kMaxToken = 4096;

std::uint32_t narrow(std::size_t position) { return static_cast<std::uint32_t>(position); }

}  // namespace

Unigram::Unigram(const Settings& settings) : scores_(settings.scores) {
  std::vector<std::pair<std::string_view, std::int32_t>> tokens;
  settings.vocabulary.for_each([&](std::string_view token, std::int64_t id) {
    if (token.empty()) return;
    if (token.size() > kMaxToken) {
      throw Error(ErrorCode::kUnsupported,
                  settings.source + " has a token of " + std::to_string(token.size()) + " bytes");
    }
    tokens.emplace_back(token, static_cast<std::int32_t>(id));
  });
  trie_ = PrefixTrie(std::move(tokens));
  double lowest = std::numeric_limits<double>::infinity();
  for (const double score : scores_) lowest = std::min(lowest, score);
  unknown_score_ = lowest - kUnknownPenalty;
  if (settings.unknown_id) unknown_ = static_cast<std::int32_t>(*settings.unknown_id);
  if (settings.byte_fallback) bytes_ = byte_tokens(settings.vocabulary);
}

void Unigram::find_best(std::string_view word, Best* best) const {
  const double* const scores = scores_.data();
  for (std::size_t at = 0; at < word.size();) {
    const double so_far = best[at].score;
    const std::size_t length = decode_utf8(word, at).length;
    bool has_single = false;  // a token of this one character
    trie_.for_each_prefix(word.substr(at), [&](std::size_t size, std::int32_t id) {
      Best& target = best[at + size];
      const double score = scores[id] + so_far;
      if (target.begin == kNowhere || score > target.score) {
        target = {score, narrow(at), id};
      }
      has_single = has_single || size == length;
    });
    if (!has_single) {
      Best& target = best[at + length];
      const double score = unknown_score_ + so_far;
      if (target.begin == kNowhere || score > target.score) {
        if (!unknown_) {
          throw Error(ErrorCode::kBadInput,
                      "the text has \"" + std::string(word.substr(at, length)) +
                          "\", which the tokenizer has no token for, nor one for what is unknown");
        }
        target = {score, narrow(at), *unknown_};
      }
    }
    at += length;
  }
}

void Unigram::append(std::string_view word, const Best* best, std::vector<Token>& tokens) const {
  const std::size_t first = tokens.size();
  std::size_t unknown_end = 0;  // of unknown characters that follow each other; 0: there are none
  const auto add_unknown = [&](std::size_t begin) {
    if (unknown_end == 0) return;
    const std::string_view text = word.substr(begin, unknown_end - begin);
    const std::int32_t id = trie_.find(text);  // together they may be a token
    if (id >= 0) {
      tokens.push_back({id, narrow(begin), narrow(unknown_end)});
    } else {
      const std::size_t before = tokens.size();
      append_unknown(text, narrow(begin), tokens);
      std::reverse(tokens.begin() + static_cast<std::ptrdiff_t>(before), tokens.end());
    }
    unknown_end = 0;
  };
  for (std::size_t end = word.size(); end > 0;) {
    const Best& last = best[end];
    if (unknown_ && last.id == *unknown_) {
      if (unknown_end == 0) unknown_end = end;
    } else {
      add_unknown(end);
      tokens.push_back({last.id, last.begin, narrow(end)});
    }
    end = last.begin;
  }
  add_unknown(0);
  std::reverse(tokens.begin() + static_cast<std::ptrdiff_t>(first), tokens.end());
}

void Unigram::append_unknown(std::string_view text, std::uint32_t begin,
                             std::vector<Token>& tokens) const {
  const std::uint32_t end = begin + narrow(text.size());
  const auto id_of = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
  if (!bytes_.empty() &&
      std::all_of(text.begin(), text.end(), [&](char byte) { return id_of(byte) >= 0; })) {
    for (const char byte : text) tokens.push_back({id_of(byte), begin, end});
  } else {
    tokens.push_back({*unknown_, begin, end, true});
  }
}

void Unigram::tokenize(std::string_view word, std::vector<Token>& tokens) const {
  WordCache& cache = WordCache::of_thread(number_);
  if (cache.find(word, tokens)) return;
  const std::size_t first = tokens.size();
  thread_local std::vector<Best> best;
  best.assign(word.size() + 1, {});
  find_best(word, best.data());
  append(word, best.data(), tokens);
  cache.add(word, std::span(tokens).subspan(first));
  if (best.size() > kLongTable) std::vector<Best>().swap(best);
}

}  // namespace henson::tokenizer
