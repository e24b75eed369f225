#include "henson/diff.h"

#include <algorithm>
#include <cstdio>

#include "loader/file.h"
#include "runtime/api/guarded.h"
#include "runtime/inspection/diff_code.h"
#include "runtime/inspection/diff_side.h"
#include "runtime/inspection/diff_tensors.h"

namespace henson {
namespace runtime {
namespace {

bool have_same_bytes(const std::filesystem::path& a, const std::filesystem::path& b) {
  constexpr std::uint64_t kPiece = 1 << 20;
  const loader::File first(a);
  const loader::File second(b);
  if (first.size() != second.size()) return false;
  for (std::uint64_t at = 0; at < first.size(); at += kPiece) {
    if (first.text(at, kPiece) != second.text(at, kPiece)) return false;
  }
  return true;
}

template <typename Items, typename Name>
std::string joined(const Items& items, Name name) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + std::string(name(item));
  return text;
}

/// The processor's memory is where tensors are unless something else is said.
std::string devices_of(const DiffSide& side) {
  std::set<std::string> devices = side.devices;
  if (devices.size() > 1) devices.erase("cpu");
  return devices.empty() ? "cpu" : joined(devices, [](const std::string& name) { return name; });
}

std::string precision_of(const DiffSide& side) {
  return joined(side.precisions, [](DType dtype) { return name_of(dtype); });
}

std::vector<FactDifference> compare_facts(const DiffSide& a, const DiffSide& b) {
  std::vector<FactDifference> facts;
  const auto compare = [&](const char* what, std::string first, std::string second) {
    if (first != second) facts.push_back({what, std::move(first), std::move(second)});
  };
  const ModelInfo& info_a = a.inspection.info();
  const ModelInfo& info_b = b.inspection.info();
  const auto same = [](const std::string& text) { return text; };
  compare("precision", precision_of(a), precision_of(b));
  compare("layout", info_a.layout, info_b.layout);
  compare("version", std::to_string(info_a.version), std::to_string(info_b.version));
  compare("producer", info_a.producer, info_b.producer);
  compare("devices", devices_of(a), devices_of(b));
  compare("class", unmangled(info_a.root_class), unmangled(info_b.root_class));
  compare("methods", joined(info_a.methods, same), joined(info_b.methods, same));
  compare("output", info_a.output, info_b.output);
  return facts;
}

DiffSide open_side(const std::filesystem::path& path) {
  try {
    return DiffSide(path);
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

std::string short_number(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", number);
  return text;
}

const FactDifference* find_fact(const ArchiveDifference& difference, std::string_view what) {
  const auto found = std::find_if(difference.facts.begin(), difference.facts.end(),
                                  [&](const FactDifference& fact) { return fact.what == what; });
  return found == difference.facts.end() ? nullptr : &*found;
}

/// ", in float16 instead of float32, on cuda:0 instead of cpu"
std::string in_other_form(const ArchiveDifference& difference) {
  std::string text;
  const auto add = [&](std::string_view what, std::string_view before) {
    if (const FactDifference* const fact = find_fact(difference, what)) {
      text += ", " + std::string(before) + (fact->b.empty() ? "none" : fact->b) + " instead of " +
              (fact->a.empty() ? "none" : fact->a);
    }
  };
  add("precision", "in ");
  if (find_fact(difference, "layout") != nullptr) text += ", in another layout";
  const auto turned =
      std::count_if(difference.tensors.begin(), difference.tensors.end(),
                    [](const TensorDifference& tensor) { return tensor.transposed; });
  if (turned > 0) text += ", with " + std::to_string(turned) + " matrices transposed";
  add("devices", "on ");
  add("version", "of archive version ");
  return text;
}

std::string of_answers(const AnswerDifference& answers) {
  return "answers on " + std::to_string(answers.inputs) +
         (answers.inputs == 1 ? " input" : " inputs") + " differ by at most " +
         short_number(answers.error);
}

std::string what_differs(const ArchiveDifference& difference) {
  std::size_t changed = 0;
  std::size_t reshaped = 0;
  std::size_t unreadable = 0;
  for (const TensorDifference& tensor : difference.tensors) {
    changed += tensor.state == TensorState::kChanged ? 1 : 0;
    reshaped += tensor.state == TensorState::kReshaped ? 1 : 0;
    unreadable += tensor.state == TensorState::kUnreadable ? 1 : 0;
  }
  std::string text;
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + what;
  };
  add(reshaped, " reshaped");
  add(changed, " changed");
  add(difference.removed.size(), " removed");
  add(difference.added.size(), " added");
  add(unreadable, " unreadable");
  return text;
}

}  // namespace
}  // namespace runtime

std::string_view name_of(MatchedBy matched) noexcept {
  switch (matched) {
    case MatchedBy::kName:
      return "name";
    case MatchedBy::kRole:
      return "role";
    case MatchedBy::kContent:
      return "content";
  }
  return "";
}

std::string_view name_of(TensorState state) noexcept {
  switch (state) {
    case TensorState::kEqual:
      return "equal";
    case TensorState::kRounded:
      return "rounded";
    case TensorState::kChanged:
      return "changed";
    case TensorState::kReshaped:
      return "reshaped";
    case TensorState::kUnreadable:
      return "unreadable";
  }
  return "";
}

bool ArchiveDifference::same_weights() const noexcept {
  const auto same = [](const TensorDifference& tensor) {
    return !tensor.read || tensor.state == TensorState::kEqual ||
           tensor.state == TensorState::kRounded;
  };
  // Integers are positions and the like: no weights, but a part of the computation.
  const auto accounted = [](const LoneTensor& tensor) {
    return !tensor.read || !tensor.copy_of.empty() || is_integral(tensor.dtype) ||
           tensor.dtype == DType::kBool;
  };
  return std::all_of(tensors.begin(), tensors.end(), same) &&
         std::all_of(removed.begin(), removed.end(), accounted) &&
         std::all_of(added.begin(), added.end(), accounted);
}

DiffVerdict verdict_of(const ArchiveDifference& difference,
                       const std::optional<AnswerDifference>& answers) {
  using namespace runtime;
  if (difference.same_bytes) return {Sameness::kSame, "the same file, byte by byte"};
  if (!difference.same_weights()) {
    return {Sameness::kDifferent, "different models: tensors " + what_differs(difference)};
  }
  const std::string form = in_other_form(difference);
  if (difference.code.identical()) {
    return {Sameness::kSame, "the same model" + form + "; the code is the same"};
  }
  if (!answers) {
    return {Sameness::kSameWeights,
            "the same weights" + form + "; the code differs, and was not compared by its answers"};
  }
  if (answers->error <= answers->tolerance) {
    return {Sameness::kSame, "the same model" + form + "; the code is written otherwise, and " +
                                 of_answers(*answers)};
  }
  return {Sameness::kDifferent, "different models: the same weights" + form + ", but " +
                                    of_answers(*answers) + ", which precision does not explain (" +
                                    short_number(answers->tolerance) + ")"};
}

ArchiveDifference diff(const std::filesystem::path& a, const std::filesystem::path& b) {
  return runtime::guarded([&] {
    const runtime::DiffSide first = runtime::open_side(a);
    const runtime::DiffSide second = runtime::open_side(b);
    ArchiveDifference difference;
    difference.same_bytes = runtime::have_same_bytes(a, b);
    difference.facts = runtime::compare_facts(first, second);
    difference.code = runtime::diff_code(first, second);
    runtime::diff_tensors(first, second, difference);
    return difference;
  });
}

}  // namespace henson
