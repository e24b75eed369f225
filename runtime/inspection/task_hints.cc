#include "runtime/inspection/task_hints.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "henson/tasks.h"

namespace henson::runtime {
namespace {

/// As a shell takes it.
std::string quoted(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:@%,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + '\'';
}

class TaskFinder {
 public:
  TaskFinder(const std::filesystem::path& path, const Model& model, const ModelSummary& summary,
             std::span<const OutputFigures> outputs, std::span<const LockGroup> locks)
      : file_(quoted(path.string())),
        vocabulary_(find_vocabulary(path).has_value()),
        model_(model),
        summary_(summary),
        outputs_(outputs),
        locks_(locks) {}

  std::vector<TaskHint> run() {
    add_run();
    if (takes_text()) add_texts();
    if (summary_.kind != ModelKind::kMultipleChoice) {  // whose shape is not told by two numbers
      tasks_.push_back({"bench", "how long it takes", "henson bench " + file_ + shape(), false});
    }
    return std::move(tasks_);
  }

 private:
  bool is_locked() const {
    return std::any_of(locks_.begin(), locks_.end(),
                       [](const LockGroup& lock) { return !lock.unlocked; });
  }

  /// The size that the archive runs at alone.
  std::optional<std::int64_t> locked_to(std::string_view dimension) const {
    for (const LockGroup& lock : locks_) {
      if (!lock.unlocked && lock.dimension == dimension) return lock.value;
    }
    return std::nullopt;
  }

  /// Whether ids tell what every input has.
  bool takes_ids() const {
    if (summary_.kind == ModelKind::kMultipleChoice) return false;  // rows of texts for each answer
    bool ids = false;
    for (const InputInfo& input : model_.inputs()) {
      if (!input.used) continue;
      if (input.role == InputRole::kOther || input.rank.value_or(2) != 2) return false;
      ids = ids || input.role == InputRole::kIds;
    }
    return ids;
  }

  bool takes_text() const { return takes_ids() && !is_locked(); }

  std::string shape() const {
    const std::int64_t batch = locked_to("the batch").value_or(1);
    const std::int64_t length = locked_to("the sequence length").value_or(longest(128));
    return " --shape " + std::to_string(batch) + 'x' + std::to_string(length);
  }

  std::int64_t longest(std::int64_t wanted) const {
    if (!summary_.positions) return wanted;
    return std::min(wanted, *summary_.positions - summary_.first_position.value_or(0));
  }

  void add_run() {
    if (!takes_ids() || locked_to("the batch").value_or(1) != 1) {
      tasks_.push_back({"verify", "the plan against the interpreter, on random inputs",
                        "henson verify " + file_, false});
      return;
    }
    const std::int64_t length = locked_to("the sequence length").value_or(longest(6));
    // "Who was Jim Henson?" in BERT's English vocabulary, where there is room for it.
    static constexpr std::int64_t kIds[] = {101, 2040, 2001, 3958, 27227, 102};
    const bool english = summary_.vocabulary.value_or(0) > 27227 && length == std::ssize(kIds);
    std::string ids;
    for (std::int64_t i = 0; i < length; ++i) {
      const std::int64_t counted =
          1 + i % std::max<std::int64_t>(summary_.vocabulary.value_or(2) - 1, 1);
      ids += (ids.empty() ? "" : " ") + std::to_string(english ? kIds[i] : counted);
    }
    tasks_.push_back(
        {"run", "one run on ids", "henson run " + file_ + " --ids \"" + ids + '"', false});
  }

  const OutputFigures* output_of(OutputMeaning meaning) const {
    for (const OutputFigures& output : outputs_) {
      if (output.meaning == meaning) return &output;
    }
    return nullptr;
  }

  bool has(OutputMeaning meaning) const { return output_of(meaning) != nullptr; }

  std::string because(OutputMeaning meaning) const {
    const OutputFigures* const output = output_of(meaning);
    return "output " + output->output.path + ": " + output->text;
  }

  void add(const std::string& command, OutputMeaning meaning, const std::string& arguments) {
    std::string line = "henson " + command + ' ' + file_;
    if (!vocabulary_) line += " --vocab vocab.txt";
    tasks_.push_back({command, because(meaning), line + ' ' + arguments, !vocabulary_});
  }

  void add_texts() {
    using enum OutputMeaning;
    if (has(kVocabularyScores)) {
      add("fill-mask", kVocabularyScores, "\"Jim Henson was a [MASK].\"");
    }
    if (has(kVocabularyWeights)) add("sparse", kVocabularyWeights, "\"Who was Jim Henson?\"");
    if (has(kNextSentence)) {
      add("next-sentence", kNextSentence, "\"Who was Jim Henson?\" \"He was a puppeteer.\"");
    }
    if (const OutputFigures* const labels = output_of(kLabels)) {
      const auto& shape = labels->output.shape;
      if (shape && shape->size() == 2) {
        add("classify", kLabels, "\"A lovely film.\"");
        if (shape->back().number() == 1) {
          add("rerank", kLabels, "\"who made the muppets\" \"Jim Henson was a puppeteer.\"");
        }
      }
    }
    if (const OutputFigures* const labels = output_of(kTokenLabels)) {
      const auto& shape = labels->output.shape;
      if (shape && shape->size() == 3) {
        add("tag", kTokenLabels, "\"Jim Henson was born in Greenville.\"");
      }
    }
    if (has(kStarts) && has(kEnds)) {
      add("answer", kStarts, "\"Who was Jim Henson?\" \"Jim Henson was a puppeteer.\"");
    }
    for (const OutputMeaning meaning : {kSentence, kLastHiddenStates}) {
      if (!has(meaning)) continue;
      add("embed", meaning, "\"Who was Jim Henson?\"");
      break;
    }
  }

  std::string file_;
  bool vocabulary_;
  const Model& model_;
  const ModelSummary& summary_;
  std::span<const OutputFigures> outputs_;
  std::span<const LockGroup> locks_;
  std::vector<TaskHint> tasks_;
};

}  // namespace

std::vector<TaskHint> find_tasks(const std::filesystem::path& path, const Model& model,
                                 const ModelSummary& summary,
                                 std::span<const OutputFigures> outputs,
                                 std::span<const LockGroup> locks) {
  return TaskFinder(path, model, summary, outputs, locks).run();
}

}  // namespace henson::runtime
