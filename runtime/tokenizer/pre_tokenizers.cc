// All pre-tokenizers of tokenizer.json.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/tokenizer/byte_level_pre_tokenizer.h"
#include "runtime/tokenizer/metaspace.h"
#include "runtime/tokenizer/pattern.h"
#include "runtime/tokenizer/pre_tokenizer.h"
#include "runtime/tokenizer/step_makers.h"
#include "runtime/tokenizer/unicode.h"
#include "runtime/tokenizer/utf8.h"
#include "runtime/tokenizer/word_cutting.h"

namespace henson::tokenizer {
namespace {

using Made = std::unique_ptr<const PreTokenizer>;

bool is(CodePointSet set, char32_t code) { return Unicode::table().is(set, code); }
bool is_white(char32_t code) { return is(CodePointSet::kWhite, code); }
bool is_punctuation(char32_t code) { return is(CodePointSet::kPunctuation, code); }

CutBehavior read_behavior(const JsonValue& description, CutBehavior otherwise) {
  static const std::map<std::string, CutBehavior, std::less<>> behaviors = {
      {"Removed", CutBehavior::kRemoved},
      {"Isolated", CutBehavior::kIsolated},
      {"MergedWithPrevious", CutBehavior::kMergedWithPrevious},
      {"MergedWithNext", CutBehavior::kMergedWithNext},
      {"Contiguous", CutBehavior::kContiguous}};
  const auto value = description.find("behavior");
  if (!value) return otherwise;
  const auto found = behaviors.find(value->text());
  if (found == behaviors.end()) {
    value->unsupported("is " + value->text() + ", which Henson does not know");
  }
  return found->second;
}

/// A step that knows nothing but the text.
class Step final : public PreTokenizer {
 public:
  explicit Step(void (*step)(Words&)) : step_(step) {}
  void cut(Words& words) const override { step_(words); }

 private:
  void (*step_)(Words&);
};

Made make_step(const JsonValue& description, void (*step)(Words&)) {
  description.only({"type"});
  return std::make_unique<Step>(step);
}

void cut_as_bert(Words& words) {
  cut_at_characters(words, CutBehavior::kRemoved, is_white);
  cut_at_characters(words, CutBehavior::kIsolated, is_punctuation);
}

void cut_at_white(Words& words) { cut_at_characters(words, CutBehavior::kRemoved, is_white); }

/// \w+|[^\w\s]+
void cut_at_words(Words& words) {
  enum class Kind { kWhite, kWord, kOther };
  const auto kind_of = [](char32_t code) {
    const std::uint16_t flags = Unicode::table().flags(code);
    if ((flags & bit(CodePointSet::kWord)) != 0) return Kind::kWord;
    return (flags & bit(CodePointSet::kWhite)) != 0 ? Kind::kWhite : Kind::kOther;
  };
  cut_each(words, [&](std::string_view text, std::uint32_t begin, std::vector<Word>& out) {
    Kind before = Kind::kWhite;
    for (std::size_t at = 0; at < text.size();) {
      const Decoded c = decode_utf8(text, at);
      const Kind kind = kind_of(c.code);
      const auto from = static_cast<std::uint32_t>(begin + at);
      if (kind != Kind::kWhite) {
        if (kind != before) out.push_back({from, from});
        out.back().end = from + c.length;
      }
      before = kind;
      at += c.length;
    }
  });
}

/// Where the script changes; what goes with any script stays where it is.
void cut_at_scripts(Words& words) {
  cut_each(words, [](std::string_view text, std::uint32_t begin, std::vector<Word>& out) {
    int last = -1;  // that of the characters so far; -1: there were none of a script of their own
    bool has_word = false;
    for (std::size_t at = 0; at < text.size();) {
      const Decoded c = decode_utf8(text, at);
      const int script = script_of(c.code);
      const auto from = static_cast<std::uint32_t>(begin + at);
      if (script != 0 && last != script) {
        out.push_back({from, from});
        has_word = true;
      }
      if (has_word) out.back().end = from + c.length;
      if (script != 0) last = script;
      at += c.length;
    }
  });
}

class Punctuation final : public PreTokenizer {
 public:
  explicit Punctuation(const JsonValue& description)
      : behavior_(read_behavior(description, CutBehavior::kIsolated)) {
    description.only({"type", "behavior"});
  }
  void cut(Words& words) const override { cut_at_characters(words, behavior_, is_punctuation); }

 private:
  CutBehavior behavior_;
};

class Digits final : public PreTokenizer {
 public:
  explicit Digits(const JsonValue& description)
      : individual_(description.boolean("individual_digits").value_or(false)) {
    description.only({"type", "individual_digits"});
  }
  void cut(Words& words) const override {
    cut_at_characters(words, individual_ ? CutBehavior::kIsolated : CutBehavior::kContiguous,
                      [](char32_t code) { return is(CodePointSet::kNumeric, code); });
  }

 private:
  bool individual_;
};

class Delimiter final : public PreTokenizer {
 public:
  explicit Delimiter(const JsonValue& description)
      : delimiter_(description.at("delimiter").character()) {
    description.only({"type", "delimiter"});
  }
  void cut(Words& words) const override {
    cut_at_characters(words, CutBehavior::kRemoved,
                      [&](char32_t code) { return code == delimiter_; });
  }

 private:
  char32_t delimiter_;
};

class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(const JsonValue& description)
      : length_(description.integer("length").value_or(5)) {
    description.only({"type", "length"});
    if (length_ < 1) description.damaged("has a length that is not positive");
  }
  void cut(Words& words) const override {
    cut_each(words, [&](std::string_view text, std::uint32_t begin, std::vector<Word>& out) {
      std::int64_t count = 0;
      for (std::size_t at = 0; at < text.size(); ++count) {
        const auto from = static_cast<std::uint32_t>(begin + at);
        if (count % length_ == 0) out.push_back({from, from});
        const std::uint32_t length = decode_utf8(text, at).length;
        out.back().end = from + length;
        at += length;
      }
    });
  }

 private:
  std::int64_t length_;  // code points
};

class Split final : public PreTokenizer {
 public:
  explicit Split(const JsonValue& description)
      : pattern_(read_pattern(description.at("pattern"))),
        behavior_(read_behavior(description, CutBehavior::kIsolated)),
        inverts_(description.at("invert").boolean()) {
    description.at("behavior");
    description.only({"type", "pattern", "behavior", "invert"});
  }
  void cut(Words& words) const override {
    cut_each(words, [&](std::string_view text, std::uint32_t begin, std::vector<Word>& out) {
      std::vector<Match> parts = pattern_->split(text);
      for (Match& part : parts) part.found = part.found != inverts_;
      append_cut(parts, behavior_, begin, out);
    });
  }

 private:
  std::unique_ptr<const Pattern> pattern_;
  CutBehavior behavior_;
  bool inverts_;  // what lies between is what was looked for
};

class Sequence final : public PreTokenizer {
 public:
  explicit Sequence(const JsonValue& description) {
    description.only({"type", "pretokenizers"});
    steps_ = make_steps<PreTokenizer>(description.at("pretokenizers"), make_pre_tokenizer);
  }
  void cut(Words& words) const override {
    for (const Made& step : steps_) step->cut(words);
  }

 private:
  std::vector<Made> steps_;
};

template <typename Kind>
constexpr auto make = &make_kind<PreTokenizer, Kind>;

const StepMakers<PreTokenizer>& makers() {
  static const StepMakers<PreTokenizer> makers = {
      {"BertPreTokenizer", [](const JsonValue& d) { return make_step(d, cut_as_bert); }},
      {"ByteLevel", make<ByteLevelPreTokenizer>},
      {"CharDelimiterSplit", make<Delimiter>},
      {"Digits", make<Digits>},
      {"FixedLength", make<FixedLength>},
      {"Metaspace", make<MetaspacePreTokenizer>},
      {"Punctuation", make<Punctuation>},
      {"Sequence", make<Sequence>},
      {"Split", make<Split>},
      {"UnicodeScripts", [](const JsonValue& d) { return make_step(d, cut_at_scripts); }},
      {"Whitespace", [](const JsonValue& d) { return make_step(d, cut_at_words); }},
      {"WhitespaceSplit", [](const JsonValue& d) { return make_step(d, cut_at_white); }}};
  return makers;
}

class Nothing final : public PreTokenizer {
 public:
  void cut(Words&) const override {}
};

}  // namespace

std::unique_ptr<const PreTokenizer> make_pre_tokenizer(
    const std::optional<JsonValue>& description) {
  if (!description) return std::make_unique<Nothing>();
  return make_by_type(makers(), *description, "pre-tokenizer");
}

}  // namespace henson::tokenizer
