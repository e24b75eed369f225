#include "henson/statistics.h"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <Eigen/SVD>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "henson/error.h"
#include "runtime/api/weight_elements.h"
#include "runtime/tensor/half.h"

namespace henson {
namespace {

using runtime::BFloat16;
using runtime::Half;
using Shape = std::vector<std::int64_t>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A weight over elements of its own, `offset` places behind the storage's start.
template <typename T>
WeightInfo weight_of(DType dtype, const std::vector<T>& elements, Shape shape, Shape strides = {},
                     std::int64_t offset = 0) {
  auto storage = std::make_shared<loader::Storage>("data/0", elements.size() * sizeof(T));
  std::memcpy(storage->data(), elements.data(), elements.size() * sizeof(T));
  if (strides.empty()) strides = runtime::contiguous_strides(shape);
  const runtime::Tensor tensor =
      runtime::Tensor::view(dtype, runtime::Buffer::share(storage), shape, strides, offset);
  WeightInfo weight;
  weight.name = "weight";
  weight.dtype = dtype;
  weight.shape = shape;
  weight.strides = strides;
  weight.elements = std::make_shared<const WeightElements>(tensor);
  return weight;
}

WeightInfo weight_of(const std::vector<double>& elements) {
  return weight_of(DType::kFloat64, elements, {static_cast<std::int64_t>(elements.size())});
}

WeightInfo quantized(const std::vector<std::int8_t>& elements, Shape shape,
                     loader::Quantization quantization) {
  WeightInfo weight = weight_of(DType::kQInt8, elements, std::move(shape));
  weight.elements =
      std::make_shared<const WeightElements>(weight.elements->tensor().with_quantization(
          std::make_shared<const loader::Quantization>(std::move(quantization))));
  return weight;
}

std::vector<double> random_numbers(std::size_t count, double mean = 0, double deviation = 1) {
  std::mt19937_64 random(count);
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<double> numbers(count);
  for (double& number : numbers) number = normal(random);
  return numbers;
}

WeightStatistics statistics_of(const WeightInfo& weight, const StatisticsOptions& options = {}) {
  return henson::statistics_of(std::span(&weight, 1), options).front().value();
}

/// The definitions, in long double.
void expect_as_defined(const WeightStatistics& found, const std::vector<double>& numbers) {
  std::vector<double> finite;
  for (const double number : numbers) {
    if (std::isfinite(number)) finite.push_back(number);
  }
  ASSERT_EQ(found.count, numbers.size());
  ASSERT_EQ(found.finite(), finite.size());
  long double sum = 0;
  long double squares = 0;
  for (const double number : finite) {
    sum += number;
    squares += static_cast<long double>(number) * number;
  }
  const long double mean = sum / static_cast<long double>(finite.size());
  long double distance = 0;
  for (const double number : finite) distance += (number - mean) * (number - mean);
  const auto deviation =
      static_cast<double>(std::sqrt(distance / static_cast<long double>(finite.size())));
  EXPECT_NEAR(found.mean, static_cast<double>(mean), 1e-13 * (std::abs(found.mean) + deviation));
  // The mean is rounded, and the numbers themselves are, to some 1e-16 of their size.
  EXPECT_NEAR(found.deviation, deviation, 1e-12 * deviation + 1e-17 * std::abs(found.mean));
  EXPECT_NEAR(found.norm, static_cast<double>(std::sqrt(squares)), 1e-13 * found.norm);
  EXPECT_EQ(found.least, *std::min_element(finite.begin(), finite.end()));
  EXPECT_EQ(found.largest, *std::max_element(finite.begin(), finite.end()));
  EXPECT_EQ(found.zeros, std::count(finite.begin(), finite.end(), 0.0));
  EXPECT_EQ(found.outliers, std::count_if(finite.begin(), finite.end(), [&](double number) {
              return std::abs(number - found.mean) > kOutlierDeviations * found.deviation;
            }));
  std::array<std::uint64_t, kHistogramBins> bins{};
  const double width = (found.largest - found.least) / kHistogramBins;
  for (const double number : finite) {
    const auto bin = static_cast<std::size_t>((number - found.least) / width);
    ++bins[std::min(bin, kHistogramBins - 1)];
  }
  std::uint64_t elsewhere = 0;  // a number on an edge may be counted on either side
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < kHistogramBins; ++i) {
    elsewhere += found.histogram[i] > bins[i] ? found.histogram[i] - bins[i] : 0;
    all += found.histogram[i];
  }
  EXPECT_EQ(all, finite.size());
  EXPECT_LE(elsewhere, finite.size() / 100000);
}

TEST(Statistics, AsDefinedOnEverySizeAroundBlocksAndChunks) {
  for (const std::size_t count : {2U, 7U, 8U, 9U, 4095U, 4097U, 262143U, 262145U, 600001U}) {
    SCOPED_TRACE(count);
    std::vector<double> numbers = random_numbers(count, 0.5, 0.1);
    numbers[count / 2] = 0;
    numbers[count - 1] = 9;  // an outlier of most
    expect_as_defined(statistics_of(weight_of(numbers)), numbers);
  }
}

TEST(Statistics, AMeanFarFromZeroCostsNoDigits) {
  const std::vector<double> numbers = random_numbers(300000, 1e6, 1e-3);
  expect_as_defined(statistics_of(weight_of(numbers)), numbers);
}

TEST(Statistics, WhatIsNotFiniteIsCountedAndLeftOut) {
  std::vector<double> numbers = random_numbers(10000);
  numbers[0] = kNan;
  numbers[5000] = kInfinity;
  numbers[5001] = -kInfinity;
  numbers[9999] = -kNan;
  const WeightStatistics found = statistics_of(weight_of(numbers));
  EXPECT_EQ(found.nans, 2U);
  EXPECT_EQ(found.infinities, 2U);
  expect_as_defined(found, numbers);
  const WeightStatistics none = statistics_of(weight_of(std::vector<double>{kNan, kInfinity}));
  EXPECT_EQ(none.finite(), 0U);
  EXPECT_EQ(none.mean, 0);
  EXPECT_EQ(none.norm, 0);
}

TEST(Statistics, EqualElementsAreInOneBinAndNoOutliers) {
  const WeightStatistics found = statistics_of(weight_of(std::vector<double>(5000, -2.5)));
  EXPECT_EQ(found.deviation, 0);
  EXPECT_EQ(found.outliers, 0U);
  EXPECT_EQ(found.histogram[0], 5000U);
  EXPECT_EQ(found.least, -2.5);
  EXPECT_EQ(found.largest, -2.5);
}

TEST(Statistics, OfNothing) {
  const WeightStatistics found = statistics_of(weight_of(std::vector<double>{}));
  EXPECT_EQ(found.count, 0U);
  EXPECT_EQ(found.outlier_share(), 0);
  EXPECT_EQ(found.deviation, 0);
  const WeightInfo nowhere;
  EXPECT_EQ(henson::statistics_of(std::span(&nowhere, 1)).front().has_value(), false);
}

TEST(Statistics, TheEndsOfDoublesDoNotOverflowTheHistogram) {
  const double most = std::numeric_limits<double>::max();
  const WeightStatistics found = statistics_of(weight_of(std::vector<double>{-most, 0, most}));
  EXPECT_EQ(found.histogram[0], 1U);
  EXPECT_EQ(found.histogram[kHistogramBins / 2], 1U);
  EXPECT_EQ(found.histogram[kHistogramBins - 1], 1U);
}

template <typename T>
void expect_numbers(DType dtype, const std::vector<T>& elements,
                    const std::vector<double>& numbers) {
  SCOPED_TRACE(name_of(dtype));
  const auto count = static_cast<std::int64_t>(elements.size());
  expect_as_defined(statistics_of(weight_of(dtype, elements, {count})), numbers);
}

TEST(Statistics, OfEveryDtype) {
  expect_numbers<std::uint8_t>(DType::kUInt8, {0, 1, 255}, {0, 1, 255});
  expect_numbers<std::uint8_t>(DType::kBool, {0, 1, 1}, {0, 1, 1});
  expect_numbers<std::int8_t>(DType::kInt8, {-128, 0, 127}, {-128, 0, 127});
  expect_numbers<std::int16_t>(DType::kInt16, {-32768, 5, 9}, {-32768, 5, 9});
  expect_numbers<std::int32_t>(DType::kInt32, {-7, 1 << 30, 0}, {-7, 1 << 30, 0});
  expect_numbers<std::int64_t>(DType::kInt64, {-7, std::int64_t{1} << 50, 0}, {-7, 0x1p50, 0});
  expect_numbers<float>(DType::kFloat32, {0.1F, -3, 0}, {static_cast<double>(0.1F), -3, 0});
  expect_numbers<Half>(DType::kFloat16, {Half(0.5), Half(-65504.0), Half(0x1p-24)},
                       {0.5, -65504, 0x1p-24});
  expect_numbers<BFloat16>(DType::kBFloat16, {BFloat16(1.5), BFloat16(-0x1p100), BFloat16(0)},
                           {1.5, -0x1p100, 0});
}

TEST(Statistics, QuantizedElementsAreTheNumbersThatTheyStandFor) {
  const std::vector<std::int8_t> integers{-128, -1, 0, 1, 2, 127};
  const WeightInfo one = quantized(integers, {2, 3}, {false, 0, {0.5}, {-1}});
  expect_as_defined(statistics_of(one), {-63.5, 0, 0.5, 1, 1.5, 64});
  const WeightInfo rows = quantized(integers, {2, 3}, {true, 0, {0.5, 2}, {0, 1}});
  expect_as_defined(statistics_of(rows), {-64, -0.5, 0, 0, 2, 252});
  const WeightInfo columns = quantized(integers, {2, 3}, {true, 1, {1, 2, 4}, {0, 0, 1}});
  expect_as_defined(statistics_of(columns), {-128, -2, -4, 1, 4, 504});
  const Tensor values = real_values_of(columns);
  EXPECT_EQ(values.dtype(), DType::kFloat32);
  EXPECT_EQ(std::vector<float>(values.values<float>().begin(), values.values<float>().end()),
            (std::vector<float>{-128, -2, -4, 1, 4, 504}));
  EXPECT_THROW(real_values_of(WeightInfo()), Error);
}

TEST(Statistics, ViewsOfAllKinds) {
  std::vector<float> elements;
  for (int i = 0; i < 12; ++i) elements.push_back(static_cast<float>(i));
  const auto numbers_of = [&](Shape shape, Shape strides, std::int64_t offset) {
    return weight_of(DType::kFloat32, elements, std::move(shape), std::move(strides), offset);
  };
  expect_as_defined(statistics_of(numbers_of({3, 2}, {1, 3}, 6)), {6, 7, 8, 9, 10, 11});
  expect_as_defined(statistics_of(numbers_of({2, 2}, {4, 2}, 1)), {1, 3, 5, 7});
  expect_as_defined(statistics_of(numbers_of({2, 3}, {0, 1}, 2)), {2, 3, 4, 2, 3, 4});
  expect_as_defined(statistics_of(numbers_of({1, 2, 1}, {99, 1, 77}, 0)), {0, 1});
}

TEST(Statistics, TheSameBitsOnAnyNumberOfThreads) {
  std::vector<WeightInfo> weights;
  for (const std::size_t count : {1000U, 900000U, 300001U}) {
    weights.push_back(weight_of(random_numbers(count)));
  }
  weights.push_back(weights[1]);  // an alias
  const auto bytes_of = [&](int threads) {
    StatisticsOptions options;
    options.threads = threads;
    std::string bytes;
    for (const auto& found : henson::statistics_of(weights, options)) {
      const WeightStatistics& of = found.value();
      bytes.append(reinterpret_cast<const char*>(&of), sizeof(of));
    }
    return bytes;
  };
  const std::string one = bytes_of(1);
  EXPECT_EQ(bytes_of(2), one);
  EXPECT_EQ(bytes_of(5), one);
  EXPECT_EQ(one.substr(sizeof(WeightStatistics), sizeof(WeightStatistics)),
            one.substr(3 * sizeof(WeightStatistics)));
}

TEST(Statistics, ProgressReachesTheEndAndAStopEndsIt) {
  const WeightInfo weight = weight_of(random_numbers(2000000));
  std::uint64_t last = 0;
  std::uint64_t total = 0;
  StatisticsOptions options;
  options.threads = 2;
  options.progress = [&](std::uint64_t done, std::uint64_t all) {
    EXPECT_GT(done, last);
    last = done;
    total = all;
  };
  statistics_of(weight, options);
  EXPECT_EQ(last, total);
  EXPECT_EQ(total, 4000000U);
  std::stop_source source;
  options.stop = source.get_token();
  options.progress = [&](std::uint64_t, std::uint64_t) { source.request_stop(); };
  try {
    statistics_of(weight, options);
    FAIL() << "it was not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

/// rows x columns of this rank, each direction half as strong as the one before.
std::vector<double> matrix_of_rank(int rows, int columns, int rank) {
  std::srand(1);
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> sum =
      Eigen::MatrixXd::Zero(rows, columns);
  for (int r = 0; r < rank; ++r) {
    sum += std::pow(0.5, r) * Eigen::VectorXd::Random(rows) * Eigen::RowVectorXd::Random(columns);
  }
  return {sum.data(), sum.data() + sum.size()};
}

void expect_spectrum(int rows, int columns, int rank) {
  SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(columns));
  const std::vector<double> elements = matrix_of_rank(rows, columns, rank);
  const Spectrum found = spectrum_of(weight_of(DType::kFloat64, elements, {rows, columns})).value();
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
      matrix(elements.data(), rows, columns);
  const Eigen::VectorXd values = Eigen::BDCSVD<Eigen::MatrixXd>(matrix).singularValues();
  EXPECT_EQ(found.rows, rows);
  EXPECT_EQ(found.columns, columns);
  EXPECT_FALSE(found.sampled);
  EXPECT_EQ(found.rank, rank);
  EXPECT_NEAR(found.largest, values[0], 1e-9 * values[0]);
  EXPECT_NEAR(found.stable_rank, values.squaredNorm() / values[0] / values[0], 1e-9);
  double held = 0;
  std::int64_t rank90 = 0;
  while (held < 0.9 * values.squaredNorm()) held += values[rank90] * values[rank90], ++rank90;
  EXPECT_EQ(found.rank90, rank90);
}

TEST(Spectrum, AsTheSingularValues) {
  expect_spectrum(40, 30, 5);
  expect_spectrum(30, 40, 8);
  expect_spectrum(700, 250, 9);
  expect_spectrum(5000, 3, 3);
  expect_spectrum(2, 2, 1);
}

TEST(Spectrum, OfMoreDimensionsAndOfNoMatrix) {
  const std::vector<double> elements = matrix_of_rank(6, 20, 2);
  const Spectrum found = spectrum_of(weight_of(DType::kFloat64, elements, {6, 4, 5})).value();
  EXPECT_EQ(found.columns, 20);
  EXPECT_EQ(found.rank, 2);
  EXPECT_FALSE(spectrum_of(weight_of(DType::kFloat64, elements, {120})));
  EXPECT_FALSE(spectrum_of(weight_of(DType::kFloat64, elements, {120, 1})));
  EXPECT_FALSE(spectrum_of(WeightInfo()));
  std::vector<double> broken = elements;
  broken[7] = kNan;
  EXPECT_FALSE(spectrum_of(weight_of(DType::kFloat64, broken, {6, 20})));
  const Spectrum zero =
      spectrum_of(weight_of(DType::kFloat64, std::vector<double>(120), {6, 20})).value();
  EXPECT_EQ(zero.rank, 0);
  EXPECT_EQ(zero.stable_rank, 0);
}

TEST(Spectrum, WhatIsTooLargeIsLeftOutAndLongTablesAreSampled) {
  constexpr std::int64_t kSize = kMostSpectrum + 1;
  const std::vector<std::uint8_t> zeros(static_cast<std::size_t>(kSize * kSize));
  EXPECT_FALSE(spectrum_of(weight_of(DType::kUInt8, zeros, {kSize, kSize})));
  // Twice as many rows as the work allows: every other one is looked at, and these are equal.
  std::vector<double> table = random_numbers(200 * 8);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (i / 8 % 2 == 0) table[i] = static_cast<double>(i % 8);
  }
  const WeightInfo weight = weight_of(DType::kFloat64, table, {200, 8});
  const Spectrum found = spectrum_of(weight, {}, 8 * 8 * 100).value();
  EXPECT_TRUE(found.sampled);
  EXPECT_EQ(found.rows, 100);
  EXPECT_EQ(found.rank, 1);
  EXPECT_FALSE(spectrum_of(weight).value().sampled);
  EXPECT_EQ(spectrum_of(weight).value().rank, 8);
}

TEST(RowNorms, OfEveryRow) {
  const WeightInfo weight =
      weight_of(DType::kFloat32, std::vector<float>{3, 4, 0, 0, 5, 12}, {3, 2});
  EXPECT_EQ(row_norms_of(weight).value(), (std::vector<double>{5, 0, 13}));
  const WeightInfo turned =
      weight_of(DType::kFloat32, std::vector<float>{3, 0, 5, 4, 0, 12}, {3, 2}, {1, 3});
  EXPECT_EQ(row_norms_of(turned).value(), (std::vector<double>{5, 0, 13}));
  EXPECT_FALSE(row_norms_of(weight_of(std::vector<double>{1, 2})));
  const WeightInfo large = weight_of(DType::kFloat64, random_numbers(700 * 1000), {700, 1000});
  const std::vector<double> norms = row_norms_of(large).value();
  ASSERT_EQ(norms.size(), 700U);
  const Tensor values = real_values_of(large);
  double squares = 0;
  for (const double number : values.values<double>().subspan(699 * 1000))
    squares += number * number;
  EXPECT_NEAR(norms[699], std::sqrt(squares), 1e-12);
}

}  // namespace
}  // namespace henson
