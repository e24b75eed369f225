// Rows of a table, picked by id.
#include <string>

#include "henson/error.h"
#include "runtime/operators/index_plan.h"
#include "runtime/operators/indexing.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/views.h"
#include "runtime/tensor/checked.h"
#include "runtime/tensor/elements.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// "[0, 7]": the position of the flat-th element of a tensor.
std::string position_of(std::int64_t flat, const Dims& sizes) {
  const Dims strides = contiguous_strides(sizes);
  Dims position(sizes.size());
  for (std::size_t d = 0; d < sizes.size(); ++d) position[d] = flat / strides[d] % sizes[d];
  return to_string(position);
}

/// Throws when an id names no row.
void check_ids(const std::vector<std::int64_t>& ids, const Dims& sizes, std::int64_t rows) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= 0 && ids[i] < rows) continue;
    fail("id " + std::to_string(ids[i]) + " at position " +
         position_of(static_cast<std::int64_t>(i), sizes) + " is outside the table of " +
         std::to_string(rows) + " rows");
  }
}

void check_table(const Tensor& weight, const Tensor& indices) {
  if (weight.dim() != 2) fail("embedding: 'weight' must be 2-D");
  if (indices.dtype() != DType::kInt64 && indices.dtype() != DType::kInt32) {
    fail("embedding: ids must be int64 or int32, and are " + std::string(name_of(indices.dtype())));
  }
}

Tensor embedding(Allocator& memory, const Tensor& weight, const Tensor& indices) {
  check_table(weight, indices);
  check_ids(index_values(memory, indices), indices.sizes(), weight.sizes()[0]);
  return take_elements(memory, weight, plan_index(memory, weight, {indices}));
}

enum class BagMode { kSum = 0, kMean = 1, kMax = 2 };

struct Bags {
  std::vector<std::int64_t> starts;  // one more than there are bags
  std::vector<std::int64_t> ids;
  std::vector<double> weights;  // as long as ids, or empty
  std::optional<std::int64_t> padding;
};

/// One row of the result: the sum, mean or maximum of a bag's rows. Gives how many were counted.
std::int64_t pool_bag(const Tensor& weight, const Bags& bags, std::size_t bag, BagMode mode,
                      std::span<double> out, std::span<std::int64_t> winners) {
  const auto row_stride = weight.strides()[1];
  std::int64_t counted = 0;
  for (std::int64_t i = bags.starts[bag]; i < bags.starts[bag + 1]; ++i) {
    const std::int64_t id = bags.ids[static_cast<std::size_t>(i)];
    if (bags.padding && id == *bags.padding) continue;
    const double scale = bags.weights.empty() ? 1.0 : bags.weights[static_cast<std::size_t>(i)];
    const double* const row = weight.data<double>() + id * weight.strides()[0];
    for (std::size_t c = 0; c < out.size(); ++c) {
      const double value = row[static_cast<std::int64_t>(c) * row_stride] * scale;
      if (mode != BagMode::kMax) {
        out[c] += value;
      } else if (counted == 0 || value > out[c]) {
        out[c] = value;
        winners[c] = id;
      }
    }
    ++counted;
  }
  if (mode == BagMode::kMean && counted > 0) {
    for (double& value : out) value /= static_cast<double>(counted);
  }
  return counted;
}

Bags make_bags(Allocator& memory, const Tensor& indices, const Tensor& offsets,
               const std::optional<Tensor>& weights, bool last_offset_included) {
  if (indices.dim() != 1 || offsets.dim() != 1) {
    fail("embedding_bag: input and offsets have to be 1-D Tensors");
  }
  Bags bags;
  bags.ids = index_values(memory, indices);
  bags.starts = index_values(memory, offsets);
  if (!last_offset_included) bags.starts.push_back(indices.numel());
  if (bags.starts.empty()) fail("embedding_bag: include_last_offset needs an offset");
  if (bags.starts.front() != 0) fail("embedding_bag: offsets[0] has to be 0");
  for (std::size_t i = 1; i < bags.starts.size(); ++i) {
    if (bags.starts[i] < bags.starts[i - 1] || bags.starts[i] > indices.numel()) {
      fail("embedding_bag: offsets must rise and stay within the " +
           std::to_string(indices.numel()) + " ids");
    }
  }
  if (weights) {
    if (weights->sizes() != indices.sizes()) {
      fail("embedding_bag: per_sample_weights must be of the ids' size");
    }
    const Tensor wide = weights->to(memory, DType::kFloat64).contiguous(memory);
    bags.weights.assign(wide.data<double>(), wide.data<double>() + wide.numel());
  }
  return bags;
}

/// The four results of embedding_bag: only the first is of use to inference.
void embedding_bag_kernel(Call& call) {
  const Tensor weight = call.tensor(0);
  const Tensor indices = call.tensor(1);
  check_table(weight, indices);
  Bags bags = make_bags(call.memory(), indices, call.tensor(2), call.maybe_tensor(6), call.flag(7));
  const std::int64_t mode_number = call.integer(4);
  if (mode_number < 0 || mode_number > 2) fail("embedding_bag: mode must be 0, 1 or 2");
  const auto mode = static_cast<BagMode>(mode_number);
  if (mode != BagMode::kSum && !bags.weights.empty()) {
    fail("embedding_bag: per_sample_weights only supported with mode='sum'");
  }
  const std::int64_t rows = weight.sizes()[0];
  check_ids(bags.ids, indices.sizes(), rows);
  if (call.size() > 8 && !call.is_none(8)) {
    bags.padding = call.integer(8) < 0 ? call.integer(8) + rows : call.integer(8);
  }
  const Tensor wide = weight.to(call.memory(), DType::kFloat64);
  const auto count = static_cast<std::int64_t>(bags.starts.size()) - 1;
  const std::int64_t columns = weight.sizes()[1];
  Tensor pooled = zeros(call.memory(), DType::kFloat64, {count, columns});
  Tensor winners =
      zeros(call.memory(), DType::kInt64, {mode == BagMode::kMax ? count : 0, columns});
  Tensor sizes = Tensor::empty(call.memory(), DType::kInt64, {count});
  std::vector<std::int64_t> ignored(static_cast<std::size_t>(columns));
  for (std::int64_t b = 0; b < count; ++b) {
    const auto width = static_cast<std::size_t>(columns);
    std::span<std::int64_t> bag_winners(ignored);
    if (mode == BagMode::kMax) {
      bag_winners = {winners.mutable_data<std::int64_t>() + b * columns, width};
    }
    sizes.mutable_data<std::int64_t>()[b] =
        pool_bag(wide, bags, static_cast<std::size_t>(b), mode,
                 {pooled.mutable_data<double>() + b * columns, width}, bag_winners);
  }
  call.give(pooled.to(call.memory(), weight.dtype()));
  call.give(zeros(call.memory(), DType::kInt64, {indices.numel()}));
  call.give(sizes);
  call.give(winners);
}

Tensor one_hot(Allocator& memory, const Tensor& ids, std::int64_t classes) {
  if (ids.dtype() != DType::kInt64) {
    fail("one_hot is only applicable to index tensor of type LongTensor.");
  }
  const std::vector<std::int64_t> values = index_values(memory, ids);
  if (values.empty() && classes <= 0) {
    fail("Can not infer total number of classes from empty tensor.");
  }
  if (classes == 0 || classes < -1) fail("num_classes should be positive or -1");
  std::int64_t largest = -1;
  for (const std::int64_t value : values) {
    if (value < 0) fail("Class values must be non-negative.");
    largest = std::max(largest, value);
  }
  if (classes != -1 && largest >= classes) {
    fail("Class values must be smaller than num_classes.");
  }
  Dims sizes = ids.sizes();
  sizes.push_back(classes == -1 ? checked_add(largest, 1) : classes);
  Tensor hot = zeros(memory, DType::kInt64, sizes);
  auto* row = hot.mutable_data<std::int64_t>();
  for (const std::int64_t value : values) {
    row[value] = 1;
    row += sizes.back();
  }
  return hot;
}

/// A row a bag, and for the backward pass where each index went, how many a bag has, and what won.
void bags(Inference& call) {
  const std::optional<Dimensions> table = call.dims(0);
  const std::optional<Dimensions> indices = call.dims(1);
  const std::optional<Dimensions> offsets = call.dims(2);
  const std::optional<bool> closed = call.flag("include_last_offset");
  const std::optional<std::int64_t> mode = call.integer("mode", 0);
  if (!table || !indices || !offsets || !closed) return;
  if (table->size() != 2 || indices->size() != 1 || offsets->size() != 1) throw Mismatch{};
  const Dimension count = offsets->front() - Dimension::of(*closed ? 1 : 0);
  const Dimension columns = table->back();
  call.result(0).dims = Dimensions{count, columns};
  call.result(1).dims = indices;
  call.result(2).dims = Dimensions{count};
  if (!mode) return;
  const bool largest = *mode == static_cast<std::int64_t>(BagMode::kMax);
  call.result(3).dims = Dimensions{largest ? count : Dimension::of(0), columns};
}

void classes(Inference& call) {
  std::optional<Dimensions> sizes = call.dims(0);
  const std::optional<std::int64_t> count = call.integer(1);
  if (!sizes) return;
  // Without a number, as many as the data asks for.
  sizes->push_back(count && *count >= 0 ? Dimension::of(*count) : call.domain().unknown());
  call.give(*sizes);
}

constexpr Rule kBags{dtypes::with_places, bags, Trait::kLooksUp};

}  // namespace

void register_embedding(OperatorTable& table) {
  table.add(
      "aten::embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool "
      "scale_grad_by_freq=False, bool sparse=False) -> Tensor",
      [](Call& call) { call.give(embedding(call.memory(), call.tensor(0), call.tensor(1))); },
      {dtypes::same, shapes::looked_up, Trait::kLooksUp});
  const std::string bag =
      "aten::embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool "
      "scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, "
      "bool include_last_offset=False";
  const std::string results = ") -> (Tensor, Tensor, Tensor, Tensor)";
  table.add(bag + results, embedding_bag_kernel, kBags);
  table.add(bag + ", int? padding_idx=None" + results, embedding_bag_kernel, kBags);
  table.add("aten::one_hot(Tensor self, int num_classes=-1) -> Tensor",
            [](Call& call) { call.give(one_hot(call.memory(), call.tensor(0), call.integer(1))); },
            {dtypes::kInt64, classes, Trait::kMixes, NumberUse::kClasses});
}

}  // namespace henson::runtime
