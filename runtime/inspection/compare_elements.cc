#include "runtime/inspection/compare_elements.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "runtime/inspection/element_reader.h"
#include "runtime/inspection/weight_work.h"
#include "runtime/tensor/half.h"

namespace henson::runtime {
namespace {

/// A quantized number is the nearest one of its scale, and what was computed of it in float32.
constexpr double kOfScale = 0.5 + 1e-3;

/// Whether one number is the other one, rounded to its dtype.
class Rounding {
 public:
  explicit Rounding(const Tensor& tensor) : dtype_(tensor.dtype()) {
    if (!is_quantized(dtype_)) return;
    const loader::Quantization& quantization = *tensor.quantization();
    scales_ = quantization.scales;
    if (!quantization.per_channel) return;
    const auto axis = static_cast<std::size_t>(quantization.axis);
    for (std::size_t d = axis + 1; d < tensor.sizes().size(); ++d) inner_ *= tensor.sizes()[d];
    channels_ = tensor.sizes()[axis];
  }

  bool is(double rounded, double exact, std::int64_t at) const {
    switch (dtype_) {
      case DType::kFloat32:
        return static_cast<float>(exact) == rounded;
      case DType::kFloat16:
        return static_cast<double>(Half(exact)) == rounded;
      case DType::kBFloat16:
        return static_cast<double>(BFloat16(exact)) == rounded;
      default:
        return !scales_.empty() && std::abs(rounded - exact) <= kOfScale * scale(at);
    }
  }

 private:
  double scale(std::int64_t at) const {
    const std::int64_t channel = channels_ == 0 ? 0 : at / inner_ % channels_;
    return scales_[static_cast<std::size_t>(channel)];
  }

  DType dtype_;
  std::vector<double> scales_;
  std::int64_t inner_ = 1;     // elements of one channel that lie together
  std::int64_t channels_ = 0;  // 0: one scale for all
};

class Comparer {
 public:
  Comparer(const Tensor& a, const Tensor& b)
      : a_(a, ElementReader::Order::kRowMajor),
        b_(b, ElementReader::Order::kRowMajor),
        rounding_a_(a),
        rounding_b_(b) {}

  ElementComparison run(std::int64_t most, bool stop_early) {
    const std::int64_t count = std::min(a_.count(), most);
    for (std::int64_t first = 0; first < count; first += kBlock) {
      const std::int64_t last = std::min(count, first + kBlock);
      read(a_, first, last, numbers_a_);
      read(b_, first, last, numbers_b_);
      for (std::size_t i = 0; i < numbers_a_.size(); ++i) {
        take(numbers_a_[i], numbers_b_[i], first + static_cast<std::int64_t>(i));
      }
      if (stop_early && !result_.rounded) break;
    }
    return result_;
  }

 private:
  static void read(const ElementReader& reader, std::int64_t first, std::int64_t last,
                   std::vector<double>& numbers) {
    numbers.clear();
    reader.read(first, last, [&](std::span<const double> some) {
      numbers.insert(numbers.end(), some.begin(), some.end());
    });
  }

  void take(double a, double b, std::int64_t at) {
    const bool same = a == b || (std::isnan(a) && std::isnan(b));
    if (!same) {
      result_.equal = false;
      const bool rounded = rounding_a_.is(a, b, at) || rounding_b_.is(b, a, at);
      result_.rounded = result_.rounded && rounded;
      const double difference = std::abs(b - a);
      result_.largest = std::max(result_.largest, std::isfinite(difference)
                                                      ? difference
                                                      : std::numeric_limits<double>::infinity());
      if (std::isfinite(difference)) result_.squares_difference += difference * difference;
    }
    if (!std::isfinite(a) || !std::isfinite(b)) return;
    result_.squares_a += a * a;
    result_.squares_b += b * b;
    result_.product += a * b;
  }

  ElementReader a_;
  ElementReader b_;
  Rounding rounding_a_;
  Rounding rounding_b_;
  std::vector<double> numbers_a_;
  std::vector<double> numbers_b_;
  ElementComparison result_;
};

Tensor tensor_of(const ComparedWeight& compared) {
  const Tensor& tensor = *elements_of(compared.weight);
  if (!compared.turned) return tensor;
  return tensor.with_view({tensor.sizes().rbegin(), tensor.sizes().rend()},
                          {tensor.strides().rbegin(), tensor.strides().rend()}, tensor.offset());
}

}  // namespace

double ElementComparison::relative_norm() const {
  if (squares_difference == 0) return 0;
  return squares_a == 0 ? std::numeric_limits<double>::infinity()
                        : std::sqrt(squares_difference / squares_a);
}

double ElementComparison::cosine() const {
  if (squares_difference == 0) return 1;
  const double norms = std::sqrt(squares_a) * std::sqrt(squares_b);
  return norms == 0 ? 0 : product / norms;
}

ElementComparison compare_elements(const ComparedWeight& a, const ComparedWeight& b,
                                   std::int64_t most, bool stop_early) {
  return Comparer(tensor_of(a), tensor_of(b)).run(most, stop_early);
}

}  // namespace henson::runtime
