// All decoders of tokenizer.json.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "henson/error.h"
#include "runtime/tokenizer/byte_alphabet.h"
#include "runtime/tokenizer/byte_tokens.h"
#include "runtime/tokenizer/decoder.h"
#include "runtime/tokenizer/metaspace.h"
#include "runtime/tokenizer/pattern.h"
#include "runtime/tokenizer/step_makers.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

using Made = std::unique_ptr<const Decoder>;
using Tokens = std::vector<std::string>;

// Replacements of replacements could make any number of bytes of a token.
constexpr std::size_t kMaxToken = std::size_t{16} << 20;
constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";

void check_size(const std::string& token) {
  if (token.size() <= kMaxToken) return;
  throw Error(ErrorCode::kUnsupported, "the tokenizer's decoder makes more than " +
                                           std::to_string(kMaxToken) + " bytes of a token");
}

/// As Rust's str::replace: an empty pattern is found between all characters.
std::string replaced(const std::string& text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t at = 0;
  if (from.empty()) {
    for (; at < text.size(); at += decode_utf8(text, at).length) {
      out.append(to).append(text, at, decode_utf8(text, at).length);
      check_size(out);
    }
    return out.append(to);
  }
  for (std::size_t found = text.find(from); found != text.npos; found = text.find(from, at)) {
    out.append(text, at, found - at).append(to);
    check_size(out);
    at = found + from.size();
  }
  return out.append(text, at);
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
  if (text.find(' ') == text.npos) return;
  for (const auto& [from, to] : kReplacements) {
    if (text.find(from) != text.npos) text = replaced(text, from, to);
  }
}

class WordPieceDecoder final : public Decoder {
 public:
  explicit WordPieceDecoder(const JsonValue& description)
      : prefix_(description.text("prefix").value_or("##")),
        cleans_(description.boolean("cleanup").value_or(true)) {
    description.only({"type", "prefix", "cleanup"});
  }

  void decode(Tokens& tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      std::string& token = tokens[i];
      if (i > 0 && token.starts_with(prefix_)) {
        token.erase(0, prefix_.size());
      } else if (i > 0) {
        token.insert(0, " ");
      }
      if (cleans_) clean_up(token);
    }
  }

 private:
  std::string prefix_;
  bool cleans_;
};

class BpeDecoder final : public Decoder {
 public:
  explicit BpeDecoder(const JsonValue& description)
      : suffix_(description.text("suffix").value_or("</w>")) {
    description.only({"type", "suffix"});
  }

  void decode(Tokens& tokens) const override {
    for (std::string& token : tokens) {
      const bool is_last = &token == &tokens.back();
      token = replaced(token, suffix_, is_last ? "" : " ");
    }
  }

 private:
  std::string suffix_;
};

class ByteLevelDecoder final : public Decoder {
 public:
  explicit ByteLevelDecoder(const JsonValue& description) {
    description.only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
  }

  void decode(Tokens& tokens) const override {
    std::string bytes;
    for (const std::string& token : tokens) {
      const auto translated = token_to_bytes(token);
      bytes += translated ? *translated : token;
    }
    tokens = {repair_utf8(bytes).text};
  }
};

class MetaspaceDecoder final : public Decoder {
 public:
  explicit MetaspaceDecoder(const JsonValue& description) : metaspace_(description) {
    append_utf8(metaspace_.character, character_);
  }

  void decode(Tokens& tokens) const override {
    const bool drops = metaspace_.prepend != Metaspace::Prepend::kNever;
    for (std::string& token : tokens) {
      const bool is_first = &token == tokens.data();
      if (token.find(character_) == token.npos) continue;
      token = replaced(token, character_, is_first && drops ? "" : " ");
    }
  }

 private:
  Metaspace metaspace_;
  std::string character_;
};

class ReplaceDecoder final : public Decoder {
 public:
  explicit ReplaceDecoder(const JsonValue& description)
      : pattern_(read_pattern(description.at("pattern"))),
        content_(description.at("content").text()) {
    description.only({"type", "pattern", "content"});
  }

  void decode(Tokens& tokens) const override {
    for (std::string& token : tokens) {
      std::string out;
      for (const Match& part : pattern_->split(token)) {
        out += part.found ? std::string_view(content_)
                          : std::string_view(token).substr(part.begin, part.end - part.begin);
        if (part.found) check_size(out);
      }
      token = std::move(out);
    }
  }

 private:
  std::unique_ptr<const Pattern> pattern_;
  std::string content_;
};

class Fuse final : public Decoder {
 public:
  explicit Fuse(const JsonValue& description) { description.only({"type"}); }

  void decode(Tokens& tokens) const override {
    std::string all;
    for (const std::string& token : tokens) all += token;
    tokens = {std::move(all)};
  }
};

class Strip final : public Decoder {
 public:
  explicit Strip(const JsonValue& description) {
    description.only({"type", "content", "start", "stop"});
    append_utf8(description.at("content").character(), content_);
    start_ = description.at("start").integer();
    stop_ = description.at("stop").integer();
    if (start_ < 0 || stop_ < 0) description.damaged("has a negative count");
  }

  void decode(Tokens& tokens) const override {
    for (std::string& token : tokens) {
      std::string_view rest = token;
      const std::string_view all = rest;
      for (std::int64_t i = 0; i < start_ && rest.starts_with(content_); ++i) {
        rest.remove_prefix(content_.size());
      }
      // The end is counted in the whole token, as in the Rust tokenizers.
      std::string_view end = all;
      for (std::int64_t i = 0; i < stop_ && end.ends_with(content_); ++i) {
        end.remove_suffix(content_.size());
      }
      const std::size_t begin = all.size() - rest.size();
      token = std::string(end.size() > begin ? end.substr(begin) : std::string_view());
    }
  }

 private:
  std::string content_;  // one character
  std::int64_t start_;
  std::int64_t stop_;
};

class ByteFallback final : public Decoder {
 public:
  explicit ByteFallback(const JsonValue& description) { description.only({"type"}); }

  void decode(Tokens& tokens) const override {
    Tokens decoded;
    std::string bytes;
    const auto end_bytes = [&] {
      if (is_utf8(bytes)) {
        if (!bytes.empty()) decoded.push_back(bytes);
      } else {
        decoded.insert(decoded.end(), bytes.size(), std::string(kReplacementBytes));
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const auto byte = byte_of_token(token)) {
        bytes.push_back(static_cast<char>(*byte));
        continue;
      }
      end_bytes();
      decoded.push_back(std::move(token));
    }
    end_bytes();
    tokens = std::move(decoded);
  }
};

/// What speech models write: a token is what it is for as long as it lasts.
class Ctc final : public Decoder {
 public:
  explicit Ctc(const JsonValue& description)
      : pad_(description.at("pad_token").text()),
        delimiter_(description.at("word_delimiter_token").text()),
        cleans_(description.at("cleanup").boolean()) {
    description.only({"type", "pad_token", "word_delimiter_token", "cleanup"});
  }

  void decode(Tokens& tokens) const override {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (std::string& token : tokens) {
      token = replaced(token, pad_, "");
      if (!cleans_) continue;
      clean_up(token);
      token = replaced(token, delimiter_, " ");
    }
    std::erase(tokens, "");
  }

 private:
  std::string pad_;
  std::string delimiter_;
  bool cleans_;
};

class Sequence final : public Decoder {
 public:
  explicit Sequence(const JsonValue& description) {
    description.only({"type", "decoders"});
    steps_ = make_steps<Decoder>(description.at("decoders"), make_decoder);
  }

  void decode(Tokens& tokens) const override {
    for (const Made& step : steps_) step->decode(tokens);
  }

 private:
  std::vector<Made> steps_;
};

class Spaces final : public Decoder {
 public:
  void decode(Tokens& tokens) const override {
    for (std::size_t i = 1; i < tokens.size(); ++i) tokens[i].insert(0, " ");
  }
};

template <typename Kind>
constexpr auto make = &make_kind<Decoder, Kind>;

const StepMakers<Decoder>& makers() {
  static const StepMakers<Decoder> makers = {{"BPEDecoder", make<BpeDecoder>},
                                             {"ByteFallback", make<ByteFallback>},
                                             {"ByteLevel", make<ByteLevelDecoder>},
                                             {"CTC", make<Ctc>},
                                             {"Fuse", make<Fuse>},
                                             {"Metaspace", make<MetaspaceDecoder>},
                                             {"Replace", make<ReplaceDecoder>},
                                             {"Sequence", make<Sequence>},
                                             {"Strip", make<Strip>},
                                             {"WordPiece", make<WordPieceDecoder>}};
  return makers;
}

}  // namespace

std::unique_ptr<const Decoder> make_decoder(const std::optional<JsonValue>& description) {
  if (!description) return std::make_unique<Spaces>();
  return make_by_type(makers(), *description, "decoder");
}

}  // namespace henson::tokenizer
