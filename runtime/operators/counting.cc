// Histograms.
#include <cmath>
#include <string>

#include "henson/error.h"
#include "runtime/operators/numbers.h"
#include "runtime/operators/sorting.h"

namespace henson::runtime {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kBadInput, message); }

/// The bounds that were given, or when they are equal, those of the elements.
template <typename T>
std::pair<T, T> bounds_of(std::span<const T> elements, T low, T high) {
  if (low == high && !elements.empty()) {
    if (std::any_of(elements.begin(), elements.end(), [](T x) { return std::isnan(x); })) {
      fail("the range of histc is not finite: there are NaN");
    }
    low = *std::min_element(elements.begin(), elements.end());
    high = *std::max_element(elements.begin(), elements.end());
  }
  if (low == high) return {low - T(1), high + T(1)};
  return {low, high};
}

Tensor histc(Allocator& memory, const Tensor& self, std::int64_t bins, double low, double high) {
  if (bins <= 0) fail("bins must be > 0");
  if (!is_floating(self.dtype())) throw_unsupported_dtype(self.dtype());
  const DType compute = compute_dtype(self.dtype());
  Tensor counts = zeros(memory, compute, {bins});
  const Tensor flat = widened(memory, self, self.dtype()).contiguous(memory);
  visit_compute_float(compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::span<const T> elements(flat.data<T>(), static_cast<std::size_t>(flat.numel()));
    const auto [least, most] = bounds_of(elements, static_cast<T>(low), static_cast<T>(high));
    if (!(std::isfinite(least) && std::isfinite(most))) fail("range of histc is not finite");
    if (least > most) fail("max must be larger than min");
    for (const T x : elements) {
      if (!(x >= least && x <= most)) continue;
      const auto bin =
          static_cast<std::int64_t>((x - least) * static_cast<T>(bins) / (most - least));
      counts.mutable_data<T>()[std::min(bin, bins - 1)] += T(1);
    }
  });
  return counts.to(memory, self.dtype());
}

/// How often each of 0, 1, 2, … occurs, or the sum of the weights where it does.
Tensor bincount(Allocator& memory, const Tensor& self, const std::optional<Tensor>& weights,
                std::int64_t least) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;  // bins
  if (self.dim() != 1 || is_floating(self.dtype()) || self.dtype() == DType::kBool) {
    fail("bincount only supports 1-d non-negative integral inputs.");
  }
  if (least < 0) fail("minlength should be >= 0");
  if (self.numel() == 0) return zeros(memory, DType::kInt64, {least});
  if (weights && weights->sizes() != self.sizes()) {
    fail("weights should be 1-d and have the same length as input");
  }
  const Tensor values = self.to(memory, DType::kInt64).contiguous(memory);
  const std::span<const std::int64_t> elements(values.data<std::int64_t>(),
                                               static_cast<std::size_t>(values.numel()));
  std::int64_t bins = least;
  for (const std::int64_t x : elements) {
    if (x < 0) fail("bincount only supports 1-d non-negative integral inputs.");
    if (x >= kMost) fail("bincount: the largest value is too large");
    bins = std::max(bins, x + 1);
  }
  if (!weights) {
    Tensor counts = zeros(memory, DType::kInt64, {bins});
    for (const std::int64_t x : elements) ++counts.mutable_data<std::int64_t>()[x];
    return counts;
  }
  Tensor sums = zeros(memory, DType::kFloat64, {bins});
  const Tensor factors = weights->to(memory, DType::kFloat64).contiguous(memory);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    sums.mutable_data<double>()[elements[i]] += factors.data<double>()[i];
  }
  return weights->dtype() == DType::kFloat32 ? sums.to(memory, DType::kFloat32) : sums;
}

void bins(Inference& call) {
  const std::optional<std::int64_t> count = call.integer(1);
  call.give({count ? Dimension::of(*count) : call.domain().unknown()});
}

/// Sums of weights are real, but of nothing there are counts alone.
void count_type(Inference& call) {
  if (call.is_none(1)) return dtypes::always<DType::kInt64>(call);
  const std::optional<Dimensions>& sizes = call.arg(0).dims;
  const std::optional<DType> weights = call.arg(1).dtype;
  const auto size = sizes && sizes->size() == 1 ? sizes->front().literal() : std::nullopt;
  if (size == 0) return dtypes::always<DType::kInt64>(call);
  if (!size || !call.is_tensor(1)) return;
  call.result().floating = true;
  if (weights) {
    const bool narrow = weights == DType::kFloat32;
    call.result().dtype = narrow ? DType::kFloat32 : DType::kFloat64;
  }
}

/// As many as the largest element asks for.
void counts(Inference& call) { call.give({call.domain().unknown()}); }

}  // namespace

void register_counting(OperatorTable& table) {
  table.add("aten::histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor",
            [](Call& call) {
              call.give(histc(call.memory(), call.tensor(0), call.integer(1), call.number(2),
                              call.number(3)));
            },
            {dtypes::same, bins});
  table.add(
      "aten::bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor",
      [](Call& call) {
        call.give(bincount(call.memory(), call.tensor(0), call.maybe_tensor(1), call.integer(2)));
      },
      {count_type, counts});
}

}  // namespace henson::runtime
