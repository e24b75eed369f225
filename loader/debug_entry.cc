#include "loader/debug_entry.h"

#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

#include "henson/error.h"
#include "loader/pickle.h"

namespace henson::loader {
namespace {

constexpr std::string_view kWithTable = "FORMAT_WITH_STRING_TABLE";

// The items of a tuple or list, or null.
const std::vector<Value>* items_of(const Value& value) {
  if (const auto* tuple = std::get_if<std::shared_ptr<Tuple>>(&value)) return &(*tuple)->items;
  if (const auto* list = std::get_if<std::shared_ptr<List>>(&value)) return &(*list)->items;
  return nullptr;
}

/// Of ranges: (offset, ((text, file, line), start, end)[, tag]), where text and file are strings,
/// or a list of numbers and a number in a table of strings.
class Reader {
 public:
  explicit Reader(const std::string& entry) : entry_(entry) {}

  DebugEntry read(const Value& value) {
    const std::vector<Value>* ranges = &items(value);
    if (ranges->size() == 3) {
      const auto* form = std::get_if<std::string>(&(*ranges)[0]);
      if (form != nullptr && *form == kWithTable) {
        table_ = &items((*ranges)[1]);
        for (const Value& text : *table_) keep(string(text));
        ranges = &items((*ranges)[2]);
      }
    }
    for (const Value& range : *ranges) result_.ranges.push_back(read_range(range));
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (files_[i]) result_.ranges[i].file = result_.strings[*files_[i]];
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kBadArchive, "not the debug entry that PyTorch writes",
                {entry_, {}, {}});
  }
  const std::vector<Value>& items(const Value& value) const {
    const std::vector<Value>* found = items_of(value);
    if (found == nullptr) fail();
    return *found;
  }
  const std::string& string(const Value& value) const {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) fail();
    return *text;
  }
  std::int64_t integer(const Value& value) const {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) fail();
    return *number;
  }

  // The place of a string among those of the result, each kept once.
  std::size_t keep(const std::string& text) {
    const auto [found, is_new] = places_.emplace(text, result_.strings.size());
    if (is_new) result_.strings.push_back(text);
    return found->second;
  }

  const std::string& in_table(const Value& number) const {
    const std::int64_t place = integer(number);
    if (table_ == nullptr || place < 0 || static_cast<std::size_t>(place) >= table_->size()) fail();
    return string((*table_)[static_cast<std::size_t>(place)]);
  }

  // A string, a number in the table, or a list of such numbers that stand for one text.
  std::uint64_t bytes_of_text(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      keep(*text);
      return text->size();
    }
    std::uint64_t bytes = 0;
    const std::vector<Value>& numbers = items(value);  // many ranges may share them
    if (!budget_.spend(Budget::Kind::kItems, numbers.size())) {
      throw Error(ErrorCode::kBadArchive, budget_.refusal(Budget::Kind::kItems), {entry_, {}, {}});
    }
    for (const Value& number : numbers) bytes += in_table(number).size();
    return bytes;
  }

  DebugRange read_range(const Value& value) {
    const std::vector<Value>& parts = items(value);
    if (parts.size() < 2) fail();
    const std::vector<Value>& range = items(parts[1]);
    if (range.size() != 3) fail();
    DebugRange read;
    read.offset = static_cast<std::uint64_t>(integer(parts[0]));
    read.start = integer(range[1]);
    read.end = integer(range[2]);
    files_.emplace_back();
    if (!std::holds_alternative<None>(range[0])) {
      const std::vector<Value>& source = items(range[0]);
      if (source.size() != 3) fail();
      read.source_bytes = bytes_of_text(source[0]);
      if (std::holds_alternative<std::int64_t>(source[1])) {
        files_.back() = keep(in_table(source[1]));
      } else if (!std::holds_alternative<None>(source[1])) {
        files_.back() = keep(string(source[1]));
      }
      read.line = integer(source[2]);
    }
    return read;
  }

  const std::string& entry_;
  Budget budget_;
  DebugEntry result_;
  const std::vector<Value>* table_ = nullptr;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::optional<std::size_t>> files_;  // of each range: its file among the strings
};

}  // namespace

DebugEntry read_debug_entry(std::string_view bytes, const std::string& entry) {
  return Reader(entry).read(read_pickle(bytes, entry, {}));
}

std::string code_of_debug_entry(std::string_view entry) {
  constexpr std::string_view kSuffix = ".debug_pkl";
  if (entry.starts_with("code/") && entry.ends_with(kSuffix)) {
    entry.remove_suffix(kSuffix.size());
    return std::string(entry);
  }
  if (entry.starts_with("debug/") && entry.ends_with(".pkl")) {
    entry.remove_prefix(6);
    entry.remove_suffix(4);
    return "code/" + std::string(entry) + ".py";
  }
  return {};
}

}  // namespace henson::loader
