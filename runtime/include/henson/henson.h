// Henson: runs traced BERT models without PyTorch.
//
//   henson::Model model = henson::Model::open("traced_bert.pt");
//   henson::Session session(model);
//   const std::int64_t ids[] = {101, 2040, 2001, 102};
//   henson::Output output = session.run({henson::Tensor::borrow(ids, {1, 4})});
//
// Every function here throws henson::Error. The library never prints and never aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "henson/dtype.h"
#include "henson/error.h"
#include "henson/thread_pool.h"
#include "henson/visibility.h"

namespace henson {

/// The dtype of a C++ type: of float, double, bool and the fixed-width integers.
template <typename T>
constexpr DType dtype_of();

/// A contiguous row-major tensor that a caller gives or gets. Copies share the elements.
class HENSON_API Tensor {
 public:
  Tensor() = default;
  Tensor(const Tensor&) = default;
  Tensor& operator=(const Tensor&) = default;
  /// What was moved from has no elements, and cannot be run with.
  Tensor(Tensor&& other) noexcept
      : dtype_(other.dtype_),
        shape_(std::move(other.shape_)),
        bytes_(std::exchange(other.bytes_, {})),
        owner_(std::move(other.owner_)) {}
  Tensor& operator=(Tensor&& other) noexcept {
    dtype_ = other.dtype_;
    shape_ = std::move(other.shape_);
    bytes_ = std::exchange(other.bytes_, {});
    owner_ = std::move(other.owner_);
    return *this;
  }
  ~Tensor() = default;
  /// Takes a copy of the elements: size_of(dtype) * product of shape bytes.
  static Tensor copy(DType dtype, std::vector<std::int64_t> shape,
                     std::span<const std::byte> bytes);
  /// Uses the caller's elements, which must live and stay as they are while the tensor is in use.
  static Tensor borrow(DType dtype, std::vector<std::int64_t> shape,
                       std::span<const std::byte> bytes);
  /// Uses elements that `owner` keeps alive.
  static Tensor share(DType dtype, std::vector<std::int64_t> shape,
                      std::span<const std::byte> bytes, std::shared_ptr<const void> owner);
  template <typename T, std::size_t N>
  static Tensor borrow(std::span<const T, N> values, std::vector<std::int64_t> shape) {
    return borrow(dtype_of<T>(), std::move(shape), std::as_bytes(values));
  }
  template <typename T, std::size_t N>
  static Tensor borrow(const T (&values)[N], std::vector<std::int64_t> shape) {
    return borrow(std::span<const T>(values), std::move(shape));
  }
  /// Not of std::vector<bool>, which has bits and not elements.
  template <typename T, typename = std::enable_if_t<!std::is_same_v<T, bool>>>
  static Tensor borrow(const std::vector<T>& values, std::vector<std::int64_t> shape) {
    return borrow(std::span<const T>(values), std::move(shape));
  }
  /// What is gone at the end of the statement cannot be borrowed.
  template <typename T, std::size_t N>
  static Tensor borrow(const T (&&values)[N], std::vector<std::int64_t> shape) = delete;
  template <typename T>
  static Tensor borrow(const std::vector<T>&& values, std::vector<std::int64_t> shape) = delete;

  DType dtype() const noexcept { return dtype_; }
  const std::vector<std::int64_t>& shape() const noexcept { return shape_; }
  std::int64_t element_count() const noexcept;
  /// The elements in another type, converted as PyTorch does; the same tensor where it is that.
  Tensor to(DType dtype) const;
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  /// The elements as T. Throws when T is not the type of dtype().
  template <typename T>
  std::span<const T> values() const {
    check_dtype(dtype_of<T>());
    return {reinterpret_cast<const T*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }

 private:
  void check_dtype(DType wanted) const;

  DType dtype_ = DType::kFloat32;
  std::vector<std::int64_t> shape_{0};
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
};

/// What a model returns, in the structure that the trace returns.
struct HENSON_API Output {
  enum class Kind { kNone, kTensor, kBool, kInt, kFloat, kString, kTuple, kList, kDict };
  Kind kind = Kind::kNone;
  Tensor tensor;                  // kTensor
  std::int64_t integer = 0;       // kBool, kInt
  double number = 0;              // kFloat
  std::string text;               // kString
  std::vector<Output> items;      // kTuple, kList, kDict
  std::vector<std::string> keys;  // kDict: the key of each item

  /// All tensors, in order: a tuple's and a list's by position, a dict's by its order of insertion.
  std::vector<Tensor> tensors() const;
};

/// What the computation does with an input. Found by data flow: names and positions mean different
/// things in different archives, or nothing.
enum class InputRole {
  kOther,       // none of these, or nothing reads it
  kIds,         // rows of the largest embedding table: the words
  kTokenTypes,  // rows of a table of at most four: the segments
  kPositions,   // rows of another table
  kMask,        // reaches attention's softmax: where there are tokens
};

/// "ids", "token types", "positions", "mask"; empty for kOther.
HENSON_API std::string_view name_of(InputRole role) noexcept;

/// One input tensor of a model: a parameter of its forward, or a part of one that is a dict, tuple
/// or list.
struct InputInfo {
  std::string path;  // by position, as `run` takes it: "0", "1", "0.attention_mask" (of a dict),
                     // "0.1" (of a tuple)
  std::string name;  // by the parameter's name in the code: "input_ids", "features.attention_mask",
                     // "input.1"
  bool used = true;  // whether the computation reads it
  std::optional<DType> dtype;  // of the dummy input, where the archive tells
  std::optional<std::vector<std::int64_t>> traced_shape;  // likewise
  std::optional<std::size_t> rank;         // dimensions: traced, or what fits the code
  std::optional<std::int64_t> table_rows;  // its elements are rows of a table that has so many
  InputRole role = InputRole::kOther;
};

/// A size of a tensor before any run: a number, or a formula in the sizes of the inputs.
class HENSON_API SymbolicSize {
 public:
  /// A shape for each of Model::inputs(), in order; empty for one that is not given.
  using Shapes = std::span<const std::vector<std::int64_t>>;
  struct Formula;

  explicit SymbolicSize(std::shared_ptr<const Formula> formula) : formula_(std::move(formula)) {}

  /// Whether anything is known of it.
  bool is_known() const;
  /// The size, where it is the same in every run.
  std::optional<std::int64_t> number() const;
  /// The size of a run on inputs of these shapes. Nothing where it is not known before that.
  std::optional<std::int64_t> at(Shapes shapes) const;
  /// "384", "batch", "2 * length + 1"; "?" where nothing is known. `batch` and `length` are the
  /// sizes of inputs [batch, length] that have a role, where only one of them takes ids; other
  /// sizes are named as "input 0 size 1".
  const std::string& text() const;

 private:
  std::shared_ptr<const Formula> formula_;
};

/// The operation that makes an output's elements, seen through views and casts.
enum class OutputMaker {
  kOther,
  kLinear,  // a product by weights, with or without a bias
  kSoftmax,
  kLogSoftmax,
  kSigmoid,
  kTanh,
};

/// "linear", "softmax", "log_softmax", "sigmoid", "tanh"; empty for kOther.
HENSON_API std::string_view name_of(OutputMaker maker) noexcept;

/// One tensor of a model's output.
struct OutputInfo {
  /// The way to it through Output::items: positions in tuples and lists and keys of dicts, with
  /// dots between: "0", "1.2", "last_hidden_state", "past.0"; "0" where the output is one tensor.
  std::string path;
  std::string key;             // of the dict whose item it is; else empty
  std::optional<DType> dtype;  // where it is the same in every run
  /// Its sizes. Nothing where not even the number of dimensions is known before a run.
  std::optional<std::vector<SymbolicSize>> shape;
  OutputMaker maker = OutputMaker::kOther;
  std::size_t order = 0;  // of what makes it in the computation: a later one's is larger
};

/// "[batch, length, 384]"; "[...]" where nothing is known.
HENSON_API std::string to_string(const std::optional<std::vector<SymbolicSize>>& shape);

/// The table of positions that a model has: its sequences have at most rows - first tokens.
struct PositionTable {
  std::int64_t rows = 0;
  std::int64_t first =
      0;  // the row of a sequence's first token: RoBERTa's come after the padding's
};

/// The elements of a weight as they lie in the archive: for henson/statistics.h.
class WeightElements;

/// A tensor that the archive holds.
struct WeightInfo {
  std::string name;  // "bert.embeddings.word_embeddings.weight", "CONSTANTS.c3"
  DType dtype = DType::kFloat32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  std::uint64_t bytes = 0;           // of its own elements
  std::string storage;               // the entry that holds it: tensors with the same one may alias
  std::int64_t offset = 0;           // of the first element in the storage, in elements
  std::vector<std::string> same_as;  // the first names of tensors over the very same elements
  std::function<Tensor()> read;      // the elements, from the archive; null for quantized tensors
  std::shared_ptr<const WeightElements> elements;  // of quantized ones too: henson/statistics.h
  bool is_embedding_table = false;                 // the computation looks rows up in it
  bool is_linear_weight = false;  // the computation multiplies by it or by its transpose
};

/// A size of the dummy input that the code holds.
struct Lock {
  std::string place;      // "code/__torch__/model.py:17"
  std::string what;       // what is held: "arange(14): the sequence length"
  bool unlocked = false;  // whether Henson makes it the input's own
  std::string reason;     // when it does not: why, and at which shape the archive runs
};

struct ModelInfo {
  std::string layout;    // "PyTorch 1.0-1.2 (model.json)", "PyTorch 1.3 and later (data.pkl)"
  std::string producer;  // what the archive says of its maker, may be empty
  std::int64_t version = 0;
  bool mobile = false;
  std::vector<std::string> methods;  // of the module, that can be run: see OpenOptions
  std::string root_class;            // qualified name of the traced module's class, may be empty
  std::string
      output;  // the structure of the output: "(Tensor, Tensor)", "{last_hidden_state: Tensor}"
  std::size_t node_count = 0;
  std::optional<PositionTable> positions;
  std::vector<std::string> operators;  // distinct names that the computation uses
  std::vector<std::pair<std::string, std::uint64_t>> entries;  // the archive's, with their sizes
};

/// What the plan keeps weights as, and multiplies them in. Sums, layer norms, softmax and residuals
/// are float32 in all of them. The answer for a sequence depends in none of them on what it is
/// batched with.
enum class Precision {
  /// float32; weights that the archive has in bfloat16 or in 8 bits stay what they are.
  kFloat32,
  /// bfloat16: half the memory. Rows are rounded likewise where the CPU multiplies bfloat16
  /// (AVX512_BF16), and stay float32 where it does not.
  kBFloat16,
  /// 8 bits: weights with a scale for each output channel, rows quantized while running, each by
  /// its own scale and zero, its largest values apart. Layers that this would cost too much stay in
  /// bfloat16: Model::describe tells which.
  kInt8,
};

/// "fp32", "bf16", "int8".
HENSON_API std::string_view name_of(Precision precision) noexcept;

enum class Executor {
  kPlan,         // fused and fast
  kInterpreter,  // operator by operator: slow and exact
};

struct OpenOptions {
  /// Weights lie in the mapped file, instead of being read from it when they are needed: processes
  /// share them, and an embedding table or the interpreter's weights take no memory of their own.
  /// But whoever changes the file while the model is open changes the weights, and whoever cuts it
  /// short (`cp` over it does) ends the process with SIGBUS. For files that nobody writes into.
  bool map = false;
  /// Of the archive's module, to be run: ModelInfo::methods lists them.
  std::string method = "forward";
  /// The same model traced at another shape, where a number of the code could be the dummy input's
  /// size: numbers that differ are sizes, numbers that agree are the model's own. All else must be
  /// equal.
  std::filesystem::path witness = {};
  /// Places whose numbers are the model's own, as a refusal names them:
  /// "code/__torch__/model.py:34". One that ends no doubt is refused.
  std::vector<std::string> constants = {};
};

/// An opened archive, ready to run. Immutable: may be shared by many sessions and threads. Copies
/// are cheap. All functions throw kBadInput for a model that was moved from.
class HENSON_API Model {
 public:
  /// Opens a TorchScript archive and checks that every operator of its computation is one that
  /// Henson has, and all of its bytes. The file stays open: weights are read from it, and checked
  /// again, when a run first needs them. A run that finds other bytes by then throws kBadArchive. A
  /// new file that is renamed to its place changes nothing. A pipe is read to its end into memory,
  /// as /dev/stdin may be one.
  static Model open(const std::filesystem::path& path, OpenOptions options = {});
  /// Likewise of a file that is open, from its start on, wherever the descriptor stands; that stays
  /// there, and is the caller's to close at any time. A pipe or socket is read to its end.
  static Model open_descriptor(int descriptor, OpenOptions options = {});
  /// Opens an archive that lies in memory, and is copied.
  static Model open(std::span<const std::byte> bytes, OpenOptions options = {});
  /// Likewise of bytes that `owner` keeps for as long as the model is used; with none, that the
  /// caller does. Weights are taken from them as from a file: read and checked again when a run
  /// first needs them, or used where they lie with OpenOptions::map.
  static Model open(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                    OpenOptions options = {});

  std::span<const InputInfo> inputs() const;
  /// One for each of Output::tensors(), in their order, as far as they can be told apart before a
  /// run: a list of which not even the length is known ends them. Found at the first call; may be
  /// called concurrently.
  std::span<const OutputInfo> outputs() const;
  std::span<const WeightInfo> weights() const;
  const ModelInfo& info() const;
  /// Sizes of the dummy input that the code holds, whether unlocked or not.
  std::span<const Lock> locks() const;
  /// What a user should know: "dropout is in training mode: …".
  std::span<const std::string> notes() const;
  /// Whether some computation passes through a type: what tolerance a comparison deserves.
  bool computes_in(DType dtype) const;
  bool computes_quantized() const;
  /// The lines of the plan: each step with what fused into it, and what its weights are kept as
  /// where that is not float32; of the interpreter: each node with its place.
  std::vector<std::string> describe(Executor executor,
                                    Precision precision = Precision::kFloat32) const;

 private:
  friend class ModelAccess;
  class Impl;
  const Impl& impl() const;  // throws when moved from
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const Impl> impl_;
};

struct SessionOptions {
  Executor executor = Executor::kPlan;
  int threads = 0;  // of its own: see RuntimeOptions
  /// Of the plan; the interpreter computes as the archive says, and takes no other than kFloat32.
  Precision precision = Precision::kFloat32;
  bool profile = false;          // the plan's steps are timed: see Session::profile
  std::size_t memory_limit = 0;  // of each run: see RuntimeOptions
  /// Once it is asked to stop, a run on either executor ends within some 50 milliseconds, and so
  /// does every later one: with kCancelled, until the session is given another (stop_with).
  std::stop_token stop = {};
  /// Whose threads do the work, and whose memory_limit holds as well; `threads` is then left 0. The
  /// interpreter computes on the caller's thread.
  std::optional<ThreadPool> pool = std::nullopt;
};

/// How long a step of the plan took.
struct StepTime {
  std::string step;  // its line of Model::describe, with a remark in front when its values were not
                     // such as its kernel takes, and it ran on the slow reference kernel
  double seconds = 0;
};

/// The machine's peak throughput of multiply-adds on so many threads, in operations a second (a
/// multiply-add counts as two): of those that products in this precision are made of. 1 to
/// kMostThreads. Measured anew at each call, for some 50 milliseconds.
HENSON_API double measure_peak_operations(int threads, Precision precision = Precision::kFloat32);

/// An input by path or name: see InputInfo.
struct NamedInput {
  std::string key;
  Tensor tensor;
};

/// The buffers of one caller. Sessions are independent; one session serves one call at a time: a
/// second one, from another thread, throws kBadInput ("busy"), and so does every call of a session
/// that was moved from. (operations() and memory() then give 0.)
class HENSON_API Session {
 public:
  explicit Session(const Model& model, SessionOptions options = {});
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// Inputs by position: the model's input tensors in the order of Model::inputs(). Trailing inputs
  /// that the computation does not read may be left out. int32 ids are taken as int64. Throws
  /// kBadInput, naming the input, for a wrong number, dtype, rank or shape, and for ids outside of
  /// their table.
  Output run(std::span<const Tensor> inputs);
  Output run(std::initializer_list<Tensor> inputs) {
    return run(std::span<const Tensor>(inputs.begin(), inputs.size()));
  }
  /// Inputs by path or by name, in any order.
  Output run(std::span<const NamedInput> inputs);

  /// Sequences of different lengths, each with its inputs as for `run` with a batch of one. Nothing
  /// is padded: each output is, to the bit, what `run` gives for that sequence alone.
  std::vector<Output> run_ragged(std::span<const std::vector<Tensor>> sequences);
  std::vector<Output> run_ragged(std::span<const std::vector<NamedInput>> sequences);

  /// From now on SessionOptions::stop is this one.
  void stop_with(std::stop_token stop);

  /// The steps of the plan that ran last and how long each took in all runs of it, with
  /// SessionOptions::profile; else empty.
  std::vector<StepTime> profile() const;

  /// Operations of the matrix products and attentions of the last run or run_ragged, a multiply-add
  /// counted as two; of the plan's own steps, not of operators on reference kernels.
  double operations() const noexcept;

  /// Bytes that are kept for later runs: what the largest run so far needed.
  std::size_t memory() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

template <>
constexpr DType dtype_of<float>() {
  return DType::kFloat32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::kFloat64;
}
template <>
constexpr DType dtype_of<bool>() {
  return DType::kBool;
}
template <>
constexpr DType dtype_of<std::int64_t>() {
  return DType::kInt64;
}
template <>
constexpr DType dtype_of<std::int32_t>() {
  return DType::kInt32;
}
template <>
constexpr DType dtype_of<std::int16_t>() {
  return DType::kInt16;
}
template <>
constexpr DType dtype_of<std::int8_t>() {
  return DType::kInt8;
}
template <>
constexpr DType dtype_of<std::uint8_t>() {
  return DType::kUInt8;
}

}  // namespace henson
