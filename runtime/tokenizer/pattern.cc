#include "runtime/tokenizer/pattern.h"

#include <oniguruma.h>

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>

#include "henson/error.h"
#include "runtime/tokenizer/pattern_encoding.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

// What a search may cost before it is taken for one without end.
constexpr unsigned long kMaxRetries = 10'000'000;  // as Oniguruma has it
constexpr unsigned int kMaxStack = 1 << 20;
constexpr std::size_t kMaxPattern = 16'384;  // bytes

using Byte = OnigUChar;

const Byte* bytes_of(std::string_view text) { return reinterpret_cast<const Byte*>(text.data()); }

std::string message_of(int code, OnigErrorInfo* info) {
  std::array<Byte, ONIG_MAX_ERROR_MESSAGE_LEN> buffer{};
  const int length = onig_error_code_to_str(buffer.data(), code, info);
  return {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(length)};
}

struct FreeRegex {
  void operator()(regex_t* regex) const { onig_free(regex); }
};
struct FreeRegion {
  void operator()(OnigRegion* region) const { onig_region_free(region, 1); }
};
struct FreeParameters {
  void operator()(OnigMatchParam* parameters) const { onig_free_match_param(parameters); }
};

class Literal final : public Pattern {
 public:
  explicit Literal(std::string text) : text_(std::move(text)) {}

 protected:
  void find(std::string_view text, std::vector<Match>& found) const override {
    for (std::size_t at = text.find(text_); at != text.npos; at = text.find(text_, at)) {
      found.push_back({at, at + text_.size(), true});
      at += text_.size();
    }
  }

 private:
  std::string text_;  // not empty
};

/// Two spaces or more: what most files of SentencePiece's models look for.
class SpaceRuns final : public Pattern {
 protected:
  void find(std::string_view text, std::vector<Match>& found) const override {
    for (std::size_t at = text.find("  "); at != text.npos; at = text.find("  ", at)) {
      const std::size_t end = std::min(text.find_first_not_of(' ', at), text.size());
      found.push_back({at, end, true});
      at = end;
    }
  }
};

class Regex final : public Pattern {
 public:
  Regex(const std::string& expression, const JsonValue& place);

 protected:
  void find(std::string_view text, std::vector<Match>& found) const override;

 private:
  struct Search;  // what one call works with

  std::unique_ptr<regex_t, FreeRegex> regex_;
  std::string expression_;
};

Regex::Regex(const std::string& expression, const JsonValue& place) : expression_(expression) {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    OnigEncoding encodings[] = {pattern_encoding()};
    onig_initialize(encodings, 1);
  });
  if (expression.size() > kMaxPattern) place.unsupported("is a regular expression too long");
  const Byte* const begin = bytes_of(expression);
  regex_t* regex = nullptr;
  OnigErrorInfo info{};
  const int code = onig_new(&regex, begin, begin + expression.size(), ONIG_OPTION_NONE,
                            pattern_encoding(), ONIG_SYNTAX_RUBY, &info);
  regex_.reset(regex);
  if (code != ONIG_NORMAL) {
    place.damaged("is no regular expression: " + message_of(code, &info));
  }
}

struct Regex::Search {
  std::unique_ptr<OnigRegion, FreeRegion> region{onig_region_new()};
  std::unique_ptr<OnigMatchParam, FreeParameters> parameters{onig_new_match_param()};

  Search() {
    if (!region || !parameters) throw Error(ErrorCode::kOutOfMemory, "no memory to search a text");
    onig_initialize_match_param(parameters.get());
    onig_set_retry_limit_in_match_of_match_param(parameters.get(), kMaxRetries);
    onig_set_retry_limit_in_search_of_match_param(parameters.get(), kMaxRetries);
    onig_set_match_stack_limit_size_of_match_param(parameters.get(), kMaxStack);
  }

  /// The first match from `from` on.
  std::optional<Match> next(const Regex& regex, std::string_view text, std::size_t from) const {
    const Byte* const begin = bytes_of(text);
    const Byte* const end = begin + text.size();
    const int code = onig_search_with_param(regex.regex_.get(), begin, end, begin + from, end,
                                            region.get(), ONIG_OPTION_NONE, parameters.get());
    if (code == ONIG_MISMATCH) return std::nullopt;
    if (code < 0) {
      throw Error(ErrorCode::kUnsupported,
                  "the tokenizer's regular expression " + regex.expression_ +
                      " cannot be searched for in this text: " + message_of(code, nullptr));
    }
    return Match{static_cast<std::size_t>(region->beg[0]), static_cast<std::size_t>(region->end[0]),
                 true};
  }
};

void Regex::find(std::string_view text, std::vector<Match>& found) const {
  const Search search;
  std::optional<std::size_t> last_end;  // of the match before
  for (std::size_t at = 0; at <= text.size();) {
    const auto match = search.next(*this, text, at);
    if (!match) break;
    if (match->begin == match->end && last_end == match->end) {  // nothing, right after a match
      at += at < text.size() ? decode_utf8(text, at).length : 1;
      continue;
    }
    found.push_back(*match);
    last_end = match->end;
    at = match->end;
  }
}

}  // namespace

std::vector<Match> Pattern::split(std::string_view text) const {
  std::vector<Match> found;
  if (text.empty()) return {{0, 0, false}};
  find(text, found);
  std::vector<Match> parts;
  parts.reserve(found.size() * 2 + 1);
  std::size_t at = 0;
  for (const Match& match : found) {
    if (at != match.begin) parts.push_back({at, match.begin, false});
    parts.push_back(match);
    at = match.end;
  }
  if (at != text.size()) parts.push_back({at, text.size(), false});
  return parts;
}

std::unique_ptr<const Pattern> read_pattern(const JsonValue& pattern) {
  pattern.only({"String", "Regex"});
  if (const auto text = pattern.find("String")) {
    if (pattern.find("Regex")) pattern.damaged("has both a \"String\" and a \"Regex\"");
    if (text->text().empty()) return std::make_unique<Regex>("", *text);
    return std::make_unique<Literal>(text->text());
  }
  const JsonValue expression = pattern.at("Regex");
  if (expression.text() == " {2,}") return std::make_unique<SpaceRuns>();
  return std::make_unique<Regex>(expression.text(), expression);
}

}  // namespace henson::tokenizer
