// What two archives have in common and what not: tensors, code, and whether they are one model.
//
//   const henson::ArchiveDifference difference = henson::diff("before.pt", "after.pt");
//   for (const henson::TensorDifference& tensor : difference.tensors) …  // what changed most,
//   first
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "henson/henson.h"
#include "henson/visibility.h"

namespace henson {

/// By what two tensors were found to be the same one.
enum class MatchedBy {
  kName,     // wrappers' prefixes and packed parameters' suffixes apart
  kRole,     // what the computation uses them for
  kContent,  // shape and elements, rounding apart
};

/// "name", "role", "content".
HENSON_API std::string_view name_of(MatchedBy matched) noexcept;

enum class TensorState {
  kEqual,       // every element, whatever the dtypes
  kRounded,     // but for the rounding to the narrower of their dtypes
  kChanged,     // other elements
  kReshaped,    // another shape
  kUnreadable,  // the elements of one of them are not there
};

/// "equal", "rounded", "changed", "reshaped", "unreadable".
HENSON_API std::string_view name_of(TensorState state) noexcept;

/// A tensor of both archives.
struct TensorDifference {
  std::string a;  // its names
  std::string b;
  MatchedBy matched = MatchedBy::kName;
  TensorState state = TensorState::kEqual;
  bool transposed = false;  // one archive holds the other's transpose, and multiplies accordingly
  DType dtype_a = DType::kFloat32;
  DType dtype_b = DType::kFloat32;
  std::vector<std::int64_t> shape_a;
  std::vector<std::int64_t> shape_b;
  bool read = true;  // whether a node of either computation reads it
  // Of elements, as real numbers; infinite where a NaN or an infinity is on one side only.
  double largest_difference = 0;
  double relative_norm = 0;  // the norm of b - a over that of a
  double cosine = 1;
};

/// A tensor of one archive alone.
struct LoneTensor {
  std::string name;
  DType dtype = DType::kFloat32;
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;
  bool read = true;
  std::string copy_of;  // one of the same archive, which the other has: tied there, or not kept
};

/// The tensors of one layer, or of one part outside of layers.
struct LayerDifference {
  std::string layer;  // "encoder.layer.3"
  std::size_t tensors = 0;
  std::size_t changed = 0;
  double largest_difference = 0;
  double relative_norm = 0;
};

/// A file of code that both have.
struct CodeFileDifference {
  std::string name;  // "code/__torch__/torch/nn/modules/linear.py", without mangling
  std::size_t lines_removed = 0;
  std::size_t lines_added = 0;
};

/// Code is compared without the numbers that PyTorch puts into names, and with every device the
/// same. Files with the same name and the same lines count once a copy.
struct CodeDifference {
  std::size_t same = 0;
  std::vector<CodeFileDifference> changed;  // the most lines first
  std::vector<std::string> removed;         // only in a
  std::vector<std::string> added;           // only in b

  bool identical() const noexcept { return changed.empty() && removed.empty() && added.empty(); }
};

/// Something that holds of a whole archive and differs.
struct FactDifference {
  std::string what;  // "layout", "version", "precision", "devices", …
  std::string a;
  std::string b;
};

struct ArchiveDifference {
  bool same_bytes = false;  // the files themselves
  std::vector<FactDifference> facts;
  std::vector<TensorDifference> tensors;  // what changed most first
  std::vector<LoneTensor> removed;        // only in a
  std::vector<LoneTensor> added;          // only in b
  std::vector<LayerDifference> layers;    // in the order of a
  CodeDifference code;

  /// Whether every tensor that is read has its counterpart, equal or rounded.
  bool same_weights() const noexcept;
};

/// How far the answers of two models are apart, on the same inputs.
struct AnswerDifference {
  std::size_t inputs = 0;  // how many were compared
  double error = 0;        // the largest: max|a - b| / max(1, max|a|)
  double tolerance = 0;    // what their precision explains
};

enum class Sameness {
  kSame,         // one model: the same weights, and the same code or the same answers
  kSameWeights,  // the same weights; the code differs, and nothing shows that it means the same
  kDifferent,
};

struct DiffVerdict {
  Sameness sameness = Sameness::kDifferent;
  std::string text;  // "the same model, in float16 instead of float32"
};

/// `answers`: what running both gave, where that was done. It is needed only where the weights are
/// the same and the code is not.
HENSON_API DiffVerdict verdict_of(const ArchiveDifference& difference,
                                  const std::optional<AnswerDifference>& answers = std::nullopt);

/// Archives that do not run are compared as far as they can be read. Throws henson::Error, naming
/// the file, for one that cannot be.
HENSON_API ArchiveDifference diff(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace henson
