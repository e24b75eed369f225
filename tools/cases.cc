#include "tools/cases.h"

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tools/npz.h"

namespace henson::tools {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// "in3_0.ids" is {in, 3, "0.ids"}.
struct CaseArray {
  bool is_input = false;
  std::uint64_t number = 0;
  std::string_view part;
};

std::optional<CaseArray> parse_name(std::string_view name) {
  CaseArray parsed;
  parsed.is_input = name.starts_with("in");
  if (!parsed.is_input && !name.starts_with("out")) return std::nullopt;
  name.remove_prefix(parsed.is_input ? 2 : 3);
  const std::size_t bar = name.find('_');
  const std::optional<std::uint64_t> number = parse_number(name.substr(0, bar));
  if (bar == std::string_view::npos || !number) return std::nullopt;
  parsed.number = *number;
  parsed.part = name.substr(bar + 1);
  if (parsed.part.empty() || (!parsed.is_input && !parse_number(parsed.part))) return std::nullopt;
  return parsed;
}

using Outputs = std::map<std::uint64_t, Tensor>;

std::vector<Tensor> in_order(const Outputs& outputs, const std::filesystem::path& path,
                             std::uint64_t number) {
  std::vector<Tensor> tensors;
  for (const auto& [index, tensor] : outputs) {
    if (index != tensors.size()) {
      throw Error(ErrorCode::kBadInput, path.string() + ": case " + std::to_string(number) +
                                            " has no array `out" + std::to_string(number) + '_' +
                                            std::to_string(tensors.size()) + '`');
    }
    tensors.push_back(tensor);
  }
  return tensors;
}

}  // namespace

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::map<std::uint64_t, std::pair<Case, Outputs>> by_number;
  for (NamedArray& array : read_npz(path)) {
    const std::optional<CaseArray> parsed = parse_name(array.name);
    if (!parsed) {
      throw Error(ErrorCode::kBadInput,
                  path.string() + ": array `" + array.name +
                      "` is not of a case; those are named in0_0, in0_1, …, out0_0, …");
    }
    auto& [one, outputs] = by_number[parsed->number];
    if (parsed->is_input) {
      one.inputs.push_back({std::string(parsed->part), std::move(array.tensor)});
    } else if (!outputs.emplace(*parse_number(parsed->part), std::move(array.tensor)).second) {
      throw Error(ErrorCode::kBadInput,
                  path.string() + ": array `" + array.name + "` is there twice");
    }
  }
  std::vector<Case> cases;
  for (auto& [number, parts] : by_number) {
    parts.first.number = number;
    parts.first.outputs = in_order(parts.second, path, number);
    if (parts.first.inputs.empty() || parts.first.outputs.empty()) {
      throw Error(ErrorCode::kBadInput, path.string() + ": case " + std::to_string(number) +
                                            " has no " +
                                            (parts.first.inputs.empty() ? "inputs" : "outputs"));
    }
    cases.push_back(std::move(parts.first));
  }
  if (cases.empty()) throw Error(ErrorCode::kBadInput, path.string() + ": holds no cases");
  return cases;
}

}  // namespace henson::tools
