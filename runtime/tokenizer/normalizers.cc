// All normalizers of tokenizer.json.
#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "runtime/tokenizer/byte_alphabet.h"
#include "runtime/tokenizer/charsmap.h"
#include "runtime/tokenizer/normalizer.h"
#include "runtime/tokenizer/pattern.h"
#include "runtime/tokenizer/step_makers.h"
#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/unicode_forms.h"
#include "runtime/tokenizer/utf8.h"

namespace henson::tokenizer {
namespace {

using Made = std::unique_ptr<const Normalizer>;

bool is(CodePointSet set, char32_t code) { return Unicode::table().is(set, code); }

void lower(NormalizedText& text) {
  const std::string& bytes = text.text();
  if (std::all_of(bytes.begin(), bytes.end(), is_ascii)) {
    text.map_ascii([](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return;
  }
  const Unicode& unicode = Unicode::table();
  std::vector<Change> changes;
  changes.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const Decoded c = decode_utf8(bytes, at);
    changes.push_back({unicode.lower(c.code), 0});
    if (c.code == kCapitalIWithDot) changes.push_back({kDotAbove, 1});
    at += c.length;
  }
  text.transform(changes);
}

/// A step that knows nothing but the text.
class Step final : public Normalizer {
 public:
  explicit Step(std::function<void(NormalizedText&)> step) : step_(std::move(step)) {}
  void normalize(NormalizedText& text) const override { step_(text); }

 private:
  std::function<void(NormalizedText&)> step_;
};

Made make_step(const JsonValue& description, std::function<void(NormalizedText&)> step) {
  description.only({"type"});
  return std::make_unique<Step>(std::move(step));
}

Made make_form(const JsonValue& description, UnicodeForm form) {
  return make_step(description, [form](NormalizedText& text) { normalize(form, text); });
}

void strip_marks(NormalizedText& text) {
  text.filter([](char32_t code) { return !is(CodePointSet::kAnyMark, code); });
}

/// SentencePiece's cleaning: control characters go, and white space of all sorts is a space.
void clean_as_nmt(NormalizedText& text) {
  text.filter([](char32_t c) {
    return !((c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
             c == 0x8F || c == 0x9F);
  });
  text.map([](char32_t c) {
    const bool is_space = c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
                          (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 ||
                          c == 0x2581 || c == 0xFEFF || c == kReplacement;
    return is_space ? U' ' : c;
  });
}

/// Each byte a character of the byte alphabet.
void spell_bytes(NormalizedText& text) {
  std::vector<Change> changes;
  changes.reserve(text.text().size());
  for (const char byte : text.text()) {
    changes.push_back(
        {character_of_byte(static_cast<unsigned char>(byte)), starts_code_point(byte) ? 0 : 1});
  }
  text.transform(changes);
}

class Bert final : public Normalizer {
 public:
  explicit Bert(const JsonValue& description) {
    description.only({"type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
    const auto flag = [&](const char* key) { return description.boolean(key).value_or(true); };
    cleans_ = flag("clean_text");
    separates_ideographs_ = flag("handle_chinese_chars");
    lowers_ = flag("lowercase");
    strips_ = description.boolean("strip_accents").value_or(lowers_);
  }

  void normalize(NormalizedText& text) const override {
    if (cleans_) clean(text);
    if (separates_ideographs_) separate_ideographs(text);
    if (strips_) {
      tokenizer::normalize(UnicodeForm::kNfd, text);
      text.filter([](char32_t c) { return c < 0x80 || !is(CodePointSet::kMark, c); });
    }
    if (lowers_) lower(text);
  }

 private:
  static void clean(NormalizedText& text) {
    text.filter([](char32_t c) { return !is(CodePointSet::kRemoved, c); });
    text.map([](char32_t c) { return is(CodePointSet::kWhite, c) ? U' ' : c; });
  }

  static void separate_ideographs(NormalizedText& text) {
    std::vector<Change> changes;
    bool changed = false;
    for (std::size_t at = 0; at < text.text().size();) {
      const Decoded c = decode_utf8(text.text(), at);
      if (is_cjk(c.code)) {
        changes.insert(changes.end(), {{U' ', 0}, {c.code, 1}, {U' ', 1}});
        changed = true;
      } else {
        changes.push_back({c.code, 0});
      }
      at += c.length;
    }
    if (changed) text.transform(changes);
  }

  bool cleans_;
  bool separates_ideographs_;
  bool strips_;
  bool lowers_;
};

class Strip final : public Normalizer {
 public:
  explicit Strip(const JsonValue& description) {
    description.only({"type", "strip_left", "strip_right"});
    left_ = description.at("strip_left").boolean();
    right_ = description.at("strip_right").boolean();
  }

  void normalize(NormalizedText& text) const override {
    const std::string& bytes = text.text();
    std::size_t begin = 0;
    std::size_t end = bytes.size();
    while (left_ && begin < end) {
      const Decoded c = decode_utf8(bytes, begin);
      if (!is(CodePointSet::kWhite, c.code)) break;
      begin += c.length;
    }
    while (right_ && end > begin) {
      std::size_t last = end - 1;
      while (!starts_code_point(bytes[last])) --last;
      if (!is(CodePointSet::kWhite, decode_utf8(bytes, last).code)) break;
      end = last;
    }
    if (begin > 0 || end < bytes.size()) text.keep(begin, end);
  }

 private:
  bool left_;
  bool right_;
};

class Replace final : public Normalizer {
 public:
  explicit Replace(const JsonValue& description)
      : pattern_(read_pattern(description.at("pattern"))),
        content_(description.at("content").text()) {
    description.only({"type", "pattern", "content"});
  }

  void normalize(NormalizedText& text) const override {
    text.replace(pattern_->split(text.text()), content_);
  }

 private:
  std::unique_ptr<const Pattern> pattern_;
  std::string content_;
};

class Prepend final : public Normalizer {
 public:
  explicit Prepend(const JsonValue& description) : prefix_(description.at("prepend").text()) {
    description.only({"type", "prepend"});
  }
  void normalize(NormalizedText& text) const override { text.prepend(prefix_); }

 private:
  std::string prefix_;
};

class Precompiled final : public Normalizer {
 public:
  explicit Precompiled(const JsonValue& description) : charsmap_(read(description)) {}
  void normalize(NormalizedText& text) const override { charsmap_.normalize(text); }

 private:
  static Charsmap read(const JsonValue& description) {
    description.only({"type", "precompiled_charsmap"});
    const JsonValue charsmap = description.at("precompiled_charsmap");
    const auto bytes = decode_base64(charsmap.text());
    if (!bytes) charsmap.damaged("is not in base 64");
    return Charsmap(*bytes, charsmap.place());
  }

  Charsmap charsmap_;
};

class Sequence final : public Normalizer {
 public:
  explicit Sequence(const JsonValue& description) {
    description.only({"type", "normalizers"});
    steps_ = make_steps<Normalizer>(description.at("normalizers"), make_normalizer);
  }

  void normalize(NormalizedText& text) const override {
    for (const Made& step : steps_) step->normalize(text);
  }

 private:
  std::vector<Made> steps_;
};

template <typename Kind>
constexpr auto make = &make_kind<Normalizer, Kind>;

const StepMakers<Normalizer>& makers() {
  static const StepMakers<Normalizer> makers = {
      {"BertNormalizer", make<Bert>},
      {"ByteLevel", [](const JsonValue& d) { return make_step(d, spell_bytes); }},
      {"Lowercase", [](const JsonValue& d) { return make_step(d, lower); }},
      {"NFC", [](const JsonValue& d) { return make_form(d, UnicodeForm::kNfc); }},
      {"NFD", [](const JsonValue& d) { return make_form(d, UnicodeForm::kNfd); }},
      {"NFKC", [](const JsonValue& d) { return make_form(d, UnicodeForm::kNfkc); }},
      {"NFKD", [](const JsonValue& d) { return make_form(d, UnicodeForm::kNfkd); }},
      {"Nmt", [](const JsonValue& d) { return make_step(d, clean_as_nmt); }},
      {"Precompiled", make<Precompiled>},
      {"Prepend", make<Prepend>},
      {"Replace", make<Replace>},
      {"Sequence", make<Sequence>},
      {"Strip", make<Strip>},
      {"StripAccents", [](const JsonValue& d) { return make_step(d, strip_marks); }}};
  return makers;
}

}  // namespace

std::unique_ptr<const Normalizer> make_normalizer(const std::optional<JsonValue>& description) {
  if (!description) return std::make_unique<Step>([](NormalizedText&) {});
  return make_by_type(makers(), *description, "normalizer");
}

}  // namespace henson::tokenizer
