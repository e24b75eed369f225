#include "tools/commands/tokenize.h"

#include <charconv>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "henson/tokenizer.h"
#include "tools/commands/text.h"
#include "tools/report.h"

namespace henson::tools {
namespace {

constexpr std::string_view kExamples =
    R"(A text is an argument, or a line of --input or standard input; its ids are a line. With --pair a text is
two: two arguments, or a line with a tab between them. --stride with --max-length gives all of a long
text, in windows, a line each. "offsets" are bytes of the text, "offsets_char" characters, [0, 0] for special
tokens.

Examples:
  henson tokenize --vocab vocab.txt "Who was Jim Henson ?"
  henson tokenize --vocab vocab.txt --json --input lines.txt
  henson tokenize --vocab vocab.txt --pair "Who was he ?" "He was a puppeteer."
  henson tokenize --vocab vocab.txt --decode "101 2040 2001 3958 27227 102")";

struct Options {
  std::filesystem::path vocabulary;
  TextSource source;
  bool cased = false;
  bool pair = false;
  bool decode = false;
  bool json = false;
  bool tokens = false;
  bool no_special = false;
  bool in_windows = false;
  EncodeOptions encode;
};

using TakePair = std::function<void(std::string_view, std::string_view)>;

void for_each_pair(const TextSource& source, const TakePair& take) {
  if (source.texts.empty()) {
    for_each_text(source, [&](const std::string& line) {
      const std::size_t tab = line.find('\t');
      if (tab == std::string::npos) {
        throw Error(ErrorCode::kBadInput, "--pair: a line has no tab between two texts");
      }
      take(std::string_view(line).substr(0, tab), std::string_view(line).substr(tab + 1));
    });
    return;
  }
  if (!source.file.empty()) throw UsageError("give texts or --input, not both");
  if (source.texts.size() % 2 != 0) throw UsageError("--pair: give two texts a pair");
  for (std::size_t i = 0; i < source.texts.size(); i += 2) {
    take(source.texts[i], source.texts[i + 1]);
  }
}

/// `texts`: those that the encoding is of.
Json to_json(const Tokenizer& tokenizer, const Encoding& encoding,
             std::initializer_list<std::string_view> texts) {
  std::vector<CharacterCount> counts(texts.begin(), texts.end());
  Json tokens = Json::array();
  Json bytes = Json::array();
  Json characters = Json::array();
  for (const std::int64_t id : encoding.ids) tokens.push_back(tokenizer.token(id).value_or(""));
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    const ByteRange range = encoding.offsets[i];
    bytes.push_back({range.begin, range.end});
    CharacterCount none("");
    CharacterCount& count =
        encoding.sequences[i] < 0 ? none : counts[static_cast<std::size_t>(encoding.sequences[i])];
    const std::size_t begin = count.before(range.begin);
    characters.push_back({begin, count.before(range.end)});
  }
  return {{"ids", encoding.ids},
          {"tokens", std::move(tokens)},
          {"offsets", std::move(bytes)},
          {"offsets_char", std::move(characters)},
          {"type_ids", encoding.type_ids}};
}

void print_encoding(const Options& options, const Tokenizer& tokenizer, const Encoding& encoding,
                    std::initializer_list<std::string_view> texts) {
  if (options.json) {
    std::cout << to_json(tokenizer, encoding, texts).dump() << '\n';
    return;
  }
  std::string line;
  for (const std::int64_t id : encoding.ids) {
    if (!line.empty()) line += ' ';
    line += options.tokens ? std::string(tokenizer.token(id).value_or("")) : std::to_string(id);
  }
  std::cout << line << '\n';
}

std::vector<std::int64_t> parse_ids(const std::string& text) {
  std::vector<std::int64_t> ids;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    if (*at == ' ' || *at == ',' || *at == '\t') {
      ++at;
      continue;
    }
    std::int64_t id = 0;
    const auto [next, error] = std::from_chars(at, end, id);
    if (error != std::errc()) {
      throw Error(ErrorCode::kBadInput, "--decode: `" + std::string(at, end) + "` is no number");
    }
    ids.push_back(id);
    at = next;
  }
  return ids;
}

void decode(const Options& options, const Tokenizer& tokenizer) {
  for_each_text(options.source, [&](const std::string& text) {
    const std::string decoded = tokenizer.decode(parse_ids(text), options.no_special);
    std::cout << (options.json ? Json(decoded).dump() : decoded) << '\n';
  });
}

/// A line for a text, or for two; in windows several. Returns whether it was cut.
template <typename... Texts>
bool print_encodings(const Options& options, const Tokenizer& tokenizer, const Texts&... texts) {
  if (options.in_windows) {
    for (const Encoding& window : tokenizer.encode_windows(texts..., options.encode)) {
      print_encoding(options, tokenizer, window, {texts...});
    }
    return false;
  }
  const Encoding encoding = tokenizer.encode(texts..., options.encode);
  print_encoding(options, tokenizer, encoding, {texts...});
  return encoding.lost > 0;
}

void encode(const Options& options, const Tokenizer& tokenizer) {
  std::size_t cut = 0;
  if (options.pair) {
    for_each_pair(options.source, [&](std::string_view text, std::string_view pair) {
      cut += print_encodings(options, tokenizer, text, pair) ? 1 : 0;
    });
  } else {
    for_each_text(options.source, [&](const std::string& text) {
      cut += print_encodings(options, tokenizer, std::string_view(text)) ? 1 : 0;
    });
  }
  report_cut(cut, options.encode.max_length);
}

int tokenize(const Options& options) {
  if (options.decode && options.pair) throw UsageError("give one of --decode and --pair");
  if (options.in_windows && options.encode.max_length == 0) {
    throw UsageError("--stride needs --max-length: the tokens of a window");
  }
  TokenizerOptions tokenizer_options;
  if (options.cased) tokenizer_options.lower_case = tokenizer_options.strip_accents = false;
  const Tokenizer tokenizer = Tokenizer::open(options.vocabulary, tokenizer_options);
  if (options.decode) {
    decode(options, tokenizer);
  } else {
    encode(options, tokenizer);
  }
  return kDone;
}

/// Returns --stride.
Option add_lengths(Command& command, Options& options) {
  command.option("--max-length", options.encode.max_length, "N", "Tokens at most, special ones too")
      .between(1, 1 << 24);
  command.choice("--truncation", options.encode.truncation,
                 {{"longest-first", Truncation::kLongestFirst},
                  {"only-first", Truncation::kOnlyFirst},
                  {"only-second", Truncation::kOnlySecond}},
                 "Which text loses tokens; longest-first by default");
  command.choice("--truncation-side", options.encode.truncation_side,
                 {{"right", TruncationSide::kRight}, {"left", TruncationSide::kLeft}},
                 "Which end of a text loses tokens; as the files say, or right");
  return command.option("--stride", options.encode.stride, "N", "Tokens that a window repeats")
      .between(0, 1 << 24);
}

}  // namespace

void add_tokenize(CommandLine& program) {
  Command command = program.add("tokenize", "Turn texts into ids, or back");
  const auto options = std::make_shared<Options>();
  add_text_source(command, options->source);
  command
      .option("--vocab", options->vocabulary, "VOCAB",
              "vocab.txt, vocab.json, tokenizer.json or a folder")
      .required();
  command.flag("--cased", options->cased, "Upper case matters, whatever the files say");
  command.flag("--pair", options->pair, "Texts come in twos");
  const Option stride = add_lengths(command, *options);
  command.flag("--no-special", options->no_special,
               "Without [CLS] and [SEP]; with --decode, leaves special tokens out");
  command.flag("--tokens", options->tokens, "Print tokens instead of ids");
  command.flag("--json", options->json, "Print an object a line: ids, tokens, offsets");
  command.flag("--decode", options->decode, "Texts are ids: print what they say");
  command.footer(kExamples);
  command.action([options, stride] {
    options->in_windows = stride.given();
    options->encode.add_special_tokens = !options->no_special;
    return tokenize(*options);
  });
}

}  // namespace henson::tools
