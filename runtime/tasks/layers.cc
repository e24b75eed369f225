#include "runtime/tasks/layers.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace henson::tasks {
namespace {

constexpr std::array<std::pair<std::string_view, Activation>, 16> kActivations{
    {{"linear.Identity", Activation::kIdentity},
     {"activation.Tanh", Activation::kTanh},
     {"activation.ReLU", Activation::kRelu},
     {"activation.ReLU6", Activation::kRelu6},
     {"activation.GELU", Activation::kGelu},
     {"activation.Sigmoid", Activation::kSigmoid},
     {"activation.SiLU", Activation::kSilu},
     {"activation.LeakyReLU", Activation::kLeakyRelu},
     {"activation.ELU", Activation::kElu},
     {"activation.SELU", Activation::kSelu},
     {"activation.Softplus", Activation::kSoftplus},
     {"activation.Softsign", Activation::kSoftsign},
     {"activation.Mish", Activation::kMish},
     {"activation.Hardtanh", Activation::kHardtanh},
     {"activation.Hardsigmoid", Activation::kHardsigmoid},
     {"activation.Hardswish", Activation::kHardswish}}};

double softplus(double x) { return x > 20 ? x : std::log1p(std::exp(x)); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double clamp(double x, double least, double most) { return std::min(std::max(x, least), most); }

double activated(Activation activation, double x) {
  constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
  constexpr double kSeluScale = 1.0507009873554804934193349852946;
  switch (activation) {
    case Activation::kIdentity:
      break;
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kRelu6:
      return clamp(x, 0, 6);
    case Activation::kGelu:
      return x / 2 * (1 + std::erf(x / std::numbers::sqrt2));
    case Activation::kSigmoid:
      return sigmoid(x);
    case Activation::kSilu:
      return x * sigmoid(x);
    case Activation::kLeakyRelu:
      return x > 0 ? x : 0.01 * x;
    case Activation::kElu:
      return x > 0 ? x : std::expm1(x);
    case Activation::kSelu:
      return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x));
    case Activation::kSoftplus:
      return softplus(x);
    case Activation::kSoftsign:
      return x / (1 + std::abs(x));
    case Activation::kMish:
      return x * std::tanh(softplus(x));
    case Activation::kHardtanh:
      return clamp(x, -1, 1);
    case Activation::kHardsigmoid:
      return clamp(x + 3, 0, 6) / 6;
    case Activation::kHardswish:
      return x * clamp(x + 3, 0, 6) / 6;
  }
  return x;
}

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<const Matrix>;
using Vector = Eigen::Map<const Eigen::VectorXf>;

Eigen::VectorXf product(std::span<const float> weight, std::size_t out,
                        std::span<const float> row) {
  const auto in = static_cast<Eigen::Index>(row.size());
  return Rows(weight.data(), static_cast<Eigen::Index>(out), in) * Vector(row.data(), in);
}

}  // namespace

std::optional<Activation> activation_named(std::string_view name) noexcept {
  constexpr std::string_view kPackage = "torch.nn.modules.";
  if (name.starts_with(kPackage)) {
    name.remove_prefix(kPackage.size());
    for (const auto& [known, activation] : kActivations) {
      if (name == known) return activation;
    }
    return std::nullopt;
  }
  constexpr std::string_view kShort = "torch.nn.";  // torch.nn.Tanh is the same class
  if (!name.starts_with(kShort)) return std::nullopt;
  name.remove_prefix(kShort.size());
  for (const auto& [known, activation] : kActivations) {
    const std::size_t dot = known.find('.');
    if (known.substr(dot + 1) == name) return activation;
  }
  return std::nullopt;
}

std::string_view name_of(Activation activation) noexcept {
  for (const auto& [name, known] : kActivations) {
    if (known == activation) return name.substr(name.find('.') + 1);
  }
  return "";
}

float activate(Activation activation, float x) noexcept {
  return static_cast<float>(activated(activation, x));
}

void apply(const Dense& dense, std::vector<float>& row) {
  Eigen::VectorXf made = product(dense.weight, dense.out, row);
  if (!dense.bias.empty()) made += Vector(dense.bias.data(), made.size());
  for (float& value : made) value = activate(dense.activation, value);
  if (dense.residual && dense.residual_weight.empty()) {
    made += Vector(row.data(), made.size());
  } else if (dense.residual) {
    made += product(dense.residual_weight, dense.out, row);
  }
  row.assign(made.begin(), made.end());
}

void apply(const LayerNorm& norm, std::vector<float>& row) {
  constexpr double kEpsilon = 1e-5;  // of torch.nn.LayerNorm
  const auto count = static_cast<double>(row.size());
  double mean = 0;
  for (const float value : row) mean += value;
  mean /= count;
  double variance = 0;
  for (const float value : row) variance += (value - mean) * (value - mean);
  const double scale = 1 / std::sqrt(variance / count + kEpsilon);
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = static_cast<float>((row[i] - mean) * scale * norm.weight[i] + norm.bias[i]);
  }
}

void normalize(std::span<float> row) {
  double squares = 0;
  for (const float value : row) squares += double{value} * double{value};
  constexpr double kLeast = 1e-12;  // of torch.nn.functional.normalize
  const auto scale = static_cast<float>(1 / std::max(std::sqrt(squares), kLeast));
  for (float& value : row) value *= scale;
}

}  // namespace henson::tasks
