#include "tests/runtime/golden_tokens.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace henson {
namespace {

constexpr std::size_t kDecodedStep = 4;  // decoded.jsonl has every fourth line

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

const std::vector<std::string>& golden_lines() {
  static const std::vector<std::string> lines =
      lines_of(std::string(HENSON_TEST_SOURCES) + "/tokenizer/lines.txt");
  return lines;
}

EncodeOptions plain() {
  EncodeOptions options;
  options.add_special_tokens = false;
  return options;
}

/// An encoding as tokens.txt writes it.
std::string token_line(const Encoding& encoding) {
  std::ostringstream out;
  std::int64_t end = 0;
  std::int64_t word = -1;
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    const auto [first, last] = encoding.offsets[i];
    out << (i == 0 ? "" : " ") << encoding.ids[i] << '.' << std::int64_t{first} - end << '.'
        << last - first << '.' << encoding.words[i] - word;
    end = last;
    word = encoding.words[i];
  }
  return out.str();
}

nlohmann::json window(const Encoding& encoding) {
  nlohmann::json offsets = nlohmann::json::array();
  for (const ByteRange range : encoding.offsets) offsets.push_back({range.begin, range.end});
  return {{"ids", encoding.ids},
          {"type_ids", encoding.type_ids},
          {"special", encoding.special},
          {"sequences", encoding.sequences},
          {"offsets", offsets}};
}

EncodeOptions options_of(const nlohmann::json& json) {
  static const std::map<std::string, Truncation> truncations = {
      {"longest_first", Truncation::kLongestFirst},
      {"only_first", Truncation::kOnlyFirst},
      {"only_second", Truncation::kOnlySecond}};
  EncodeOptions options;
  options.max_length = json.at("max_length");
  options.truncation = truncations.at(json.at("truncation"));
  options.stride = json.value("stride", 0);
  return options;
}

nlohmann::json windows_of(const Tokenizer& tokenizer, const nlohmann::json& sequence) {
  const EncodeOptions options = options_of(sequence);
  const auto text = [&](std::size_t i) {
    return std::string_view(golden_lines().at(sequence.at("lines").at(i)));
  };
  const bool has_pair = sequence.at("lines").size() == 2;
  std::vector<Encoding> encodings;
  if (sequence.value("all_windows", false)) {
    encodings = has_pair ? tokenizer.encode_windows(text(0), text(1), options)
                         : tokenizer.encode_windows(text(0), options);
  } else {
    encodings.push_back(has_pair ? tokenizer.encode(text(0), text(1), options)
                                 : tokenizer.encode(text(0), options));
  }
  nlohmann::json windows = nlohmann::json::array();
  for (const Encoding& encoding : encodings) windows.push_back(window(encoding));
  return windows;
}

/// In the windows after the first, Rust's templates leave a pair the type 1 where they gave it
/// another in the first. Henson gives all windows the types of the first.
nlohmann::json with_types_of_first(nlohmann::json windows) {
  std::optional<nlohmann::json> type;
  for (nlohmann::json& each : windows) {
    for (std::size_t i = 0; i < each.at("sequences").size(); ++i) {
      if (each["sequences"][i] != 1) continue;
      if (!type) type = each["type_ids"][i];
      each["type_ids"][i] = *type;
    }
  }
  return windows;
}

}  // namespace

std::string golden_folder(const std::string& name) {
  if (name.starts_with('/')) return name;
  return std::string(HENSON_TEST_SOURCES) + "/tokenizer/" + name;
}

void expect_golden_tokens(const Tokenizer& tokenizer, const std::string& name) {
  const std::vector<std::string> expected = lines_of(golden_folder(name) + "/tokens.txt");
  ASSERT_GE(golden_lines().size(), 2000U);
  ASSERT_EQ(expected.size(), golden_lines().size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(token_line(tokenizer.encode(golden_lines()[i], plain())), expected[i])
        << "line " << i + 1 << ": " << golden_lines()[i];
  }
}

void expect_golden_texts(const Tokenizer& tokenizer, const std::string& name) {
  const std::vector<std::string> expected = lines_of(golden_folder(name) + "/decoded.jsonl");
  ASSERT_EQ(expected.size(), (golden_lines().size() + kDecodedStep - 1) / kDecodedStep);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string& line = golden_lines()[i * kDecodedStep];
    const std::string text = tokenizer.decode(tokenizer.encode(line, plain()).ids, false);
    EXPECT_EQ(text, nlohmann::json::parse(expected[i]).get<std::string>()) << line;
  }
}

void expect_golden_sequences(const Tokenizer& tokenizer, const std::string& name) {
  const std::vector<std::string> sequences = lines_of(golden_folder(name) + "/sequences.jsonl");
  ASSERT_GE(sequences.size(), 40U);
  for (const std::string& line : sequences) {
    const nlohmann::json sequence = nlohmann::json::parse(line);
    if (sequence.contains("error")) {
      EXPECT_THROW(windows_of(tokenizer, sequence), Error) << line;
    } else {
      EXPECT_EQ(windows_of(tokenizer, sequence), with_types_of_first(sequence.at("windows")))
          << line;
    }
  }
}

}  // namespace henson
